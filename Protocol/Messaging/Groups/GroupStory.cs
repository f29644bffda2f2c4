using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Groups;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>What a group notice says, as events (rest-api part C: group.join, group.leave, group.participants, group.update).</summary>
internal static class GroupStory
{
    /// <summary>The events, in order; addresses of everyone named must have been loaded.</summary>
    public static IEnumerable<DeviceEvent> Of(StepView view, GroupNotice notice, GroupInfo? known)
    {
        List<GroupField> fields = [];
        foreach (var change in notice.Changes)
        {
            var subject = notice.Changes.OfType<SubjectChanged>().LastOrDefault()?.Subject ?? known?.Subject;
            switch (change)
            {
                case GroupCreated created:
                    yield return new GroupJoined(notice.Group, created.Info?.Subject ?? subject, By(view, notice), created.Reason ?? created.Type, At(view, notice));
                    break;
                case GroupDeleted deleted:
                    yield return new GroupLeft(notice.Group, subject, By(view, notice), deleted.Reason ?? "deleted", At(view, notice));
                    break;
                case MembersChanged members:
                    yield return new GroupParticipantsChanged(notice.Group, subject, Action(members.Kind), People(view, members.Members), By(view, notice), members.Reason, At(view, notice));
                    if (members.Members.Any(member => GroupNews.IsUs(view, member)))
                    {
                        if (members.Kind == MembersChangeKind.Added)
                            yield return new GroupJoined(notice.Group, subject, By(view, notice), members.Reason, At(view, notice));
                        else if (members.Kind == MembersChangeKind.Removed)
                            yield return new GroupLeft(notice.Group, subject, By(view, notice), members.Reason, At(view, notice));
                    }
                    break;
                case JoinRequested requested:
                    yield return new GroupParticipantsChanged(notice.Group, subject, "request", People(view, requested.Users), By(view, notice), requested.Method, At(view, notice));
                    break;
                case JoinRequestsRevoked revoked:
                    yield return new GroupParticipantsChanged(notice.Group, subject, "request_revoked", People(view, revoked.Users), By(view, notice), null, At(view, notice));
                    break;
                default:
                    fields.AddRange(Fields(change));
                    break;
            }
        }
        if (fields.Count > 0)
            yield return new GroupUpdated(notice.Group, notice.Changes.OfType<SubjectChanged>().LastOrDefault()?.Subject ?? known?.Subject, fields, By(view, notice), At(view, notice));
    }

    private static IEnumerable<GroupField> Fields(GroupChange change) => change switch
    {
        SubjectChanged subject => [new GroupField("subject") { Text = subject.Subject }],
        DescriptionChanged description => [new GroupField("description") { Text = description.Text }],
        SettingChanged setting => [new GroupField(setting.Setting.NameOf()) { On = setting.On }],
        EphemeralChanged ephemeral => [new GroupField("ephemeralExpiration") { Number = ephemeral.Seconds ?? 0 }],
        MemberAddModeChanged mode => [new GroupField("memberAddMode") { Text = mode.Mode }],
        InviteChanged => [new GroupField("inviteCode") { On = true }],
        GroupsLinked linked => [new GroupField(linked.Linked ? "linked" : "unlinked") { Text = linked.Type }],
        OtherGroupChange other => [new GroupField(other.Tag) { On = true }],
        _ => [],
    };

    private static string Action(MembersChangeKind kind) => kind switch
    {
        MembersChangeKind.Added => "add",
        MembersChangeKind.Removed => "remove",
        MembersChangeKind.Promoted => "promote",
        MembersChangeKind.Demoted => "demote",
        _ => "modify",
    };

    private static List<GroupPerson> People(StepView view, IEnumerable<GroupMember> members) =>
        [.. members.Select(member => Person(view, member.Jid, member.Phone, member.Lid))];

    private static GroupPerson? By(StepView view, GroupNotice notice) =>
        notice.Author is { } author ? Person(view, author, notice.AuthorPhone, notice.AuthorLid) : null;

    private static GroupPerson Person(StepView view, Jid jid, Jid? phone, Jid? lid) =>
        new(view.Lids.Display(jid)) { Phone = phone ?? view.Lids.PhoneOf(jid), Lid = lid ?? view.Lids.LidOf(jid) };

    private static long At(StepView view, GroupNotice notice) => notice.At ?? view.Now / 1000;
}
