namespace WhatsApp.Protocol.Groups;

/// <summary>What is known of a group, carried on by its notices.</summary>
public static class GroupChanges
{
    /// <summary>
    /// The group after a notice, or null when it must be asked for again: it is gone, or the member list does not follow on the one known.
    /// </summary>
    public static GroupInfo? After(this GroupInfo info, GroupNotice notice)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(notice);
        GroupInfo? after = info;
        foreach (var change in notice.Changes)
            after = after is null ? null : After(after, change, notice);
        return after;
    }

    private static GroupInfo? After(GroupInfo info, GroupChange change, GroupNotice notice) => change switch
    {
        MembersChanged members => After(info, members),
        GroupCreated created => created.Info,
        GroupDeleted => null,
        SubjectChanged subject => info with { Subject = subject.Subject, SubjectBy = subject.By, SubjectByPhone = null, SubjectAt = subject.At },
        DescriptionChanged description => info with
        {
            Description = description.Text is null ? null : new GroupDescription(description.Text, description.Id) { By = notice.Author, At = notice.At },
        },
        SettingChanged setting => info with { Settings = Set(info.Settings, setting.Setting, setting.On) },
        EphemeralChanged ephemeral => info with
        {
            Ephemeral = ephemeral.Seconds,
            EphemeralTrigger = ephemeral.Trigger,
            Settings = Set(info.Settings, GroupSetting.Ephemeral, ephemeral.Seconds is not null),
        },
        MemberAddModeChanged mode => info with { MemberAddMode = mode.Mode },
        _ => info,
    };

    private static GroupInfo? After(GroupInfo info, MembersChanged change)
    {
        if (change.Version is { } version && version == info.MembersVersion)
            return info; // known from an answer that came before the notice
        if (change.Kind == MembersChangeKind.Modified
            || (change.PreviousVersion is { } before && info.MembersVersion is { } known && before != known))
            return null;
        IReadOnlyList<GroupMember> members = change.Kind switch
        {
            MembersChangeKind.Added => [.. info.Members.Where(member => !Among(change, member)), .. change.Members],
            MembersChangeKind.Removed => [.. info.Members.Where(member => !Among(change, member))],
            MembersChangeKind.Promoted => Ranked(info, change, GroupRole.Admin),
            _ => Ranked(info, change, GroupRole.Member),
        };
        return info with { Members = members, Size = members.Count, MembersVersion = change.Version ?? info.MembersVersion };
    }

    private static IReadOnlyList<GroupMember> Ranked(GroupInfo info, MembersChanged change, GroupRole role) =>
        [.. info.Members.Select(member => Among(change, member) ? member with { Role = role } : member)];

    private static bool Among(MembersChanged change, GroupMember member) =>
        change.Members.Any(changed => member.Is(changed.Jid) || (changed.Phone is { } phone && member.Is(phone)) || (changed.Lid is { } lid && member.Is(lid)));

    private static HashSet<GroupSetting> Set(IReadOnlySet<GroupSetting> settings, GroupSetting setting, bool on)
    {
        HashSet<GroupSetting> changed = [.. settings];
        _ = on ? changed.Add(setting) : changed.Remove(setting);
        return changed;
    }
}
