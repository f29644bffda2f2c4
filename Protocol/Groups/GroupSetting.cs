using System.Collections.Frozen;

namespace WhatsApp.Protocol.Groups;

/// <summary>Switches of a group (wire/07 §1, "other toggles").</summary>
public enum GroupSetting
{
    /// <summary>Only admins send.</summary>
    Announcement,
    /// <summary>Only admins edit the group's data.</summary>
    Locked,
    /// <summary>Messages disappear (the life is <see cref="GroupInfo.Ephemeral"/>).</summary>
    Ephemeral,
    /// <summary>Joining needs an admin's approval.</summary>
    JoinApproval,
    /// <summary>Members of the community may make sub groups.</summary>
    AllowNonAdminSubGroupCreation,
    /// <summary>New members get earlier messages.</summary>
    GroupHistory,
    /// <summary>Members may report messages to admins.</summary>
    AllowAdminReports,
    /// <summary>Messages forwarded many times are refused.</summary>
    NoFrequentlyForwarded,
    /// <summary>Suspended by WhatsApp.</summary>
    Suspended,
    /// <summary>Growth is limited by WhatsApp.</summary>
    GrowthLocked,
    /// <summary>Members are not added by themselves.</summary>
    AutoAddDisabled,
    /// <summary>Saving and forwarding is limited.</summary>
    LimitSharing,
    /// <summary>Flagged for a safety check.</summary>
    SafetyCheck,
    /// <summary>Hosted by the cloud API.</summary>
    CapiHosted,
    /// <summary>WhatsApp's support chat.</summary>
    Support,
    /// <summary>Members are hidden from each other.</summary>
    Incognito,
    /// <summary>Members have labels.</summary>
    MemberLabels,
}

/// <summary>Names of the switches for callers.</summary>
public static class GroupSettingNames
{
    /// <summary>e.g. joinApproval.</summary>
    public static string NameOf(this GroupSetting setting)
    {
        var name = setting.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}

/// <summary>The tags that switch a setting on and off, in iqs, notices and <c>&lt;group&gt;</c> alike.</summary>
internal static class GroupSettingTags
{
    private static readonly (GroupSetting Setting, string On, string? Off)[] _tags =
    [
        (GroupSetting.Announcement, "announcement", "not_announcement"),
        (GroupSetting.Locked, "locked", "unlocked"),
        (GroupSetting.Ephemeral, "ephemeral", "not_ephemeral"),
        (GroupSetting.AllowNonAdminSubGroupCreation, "allow_non_admin_sub_group_creation", "not_allow_non_admin_sub_group_creation"),
        (GroupSetting.GroupHistory, "group_history", "no_group_history"),
        (GroupSetting.AllowAdminReports, "allow_admin_reports", "not_allow_admin_reports"),
        (GroupSetting.NoFrequentlyForwarded, "no_frequently_forwarded", "frequently_forwarded_ok"),
        (GroupSetting.Suspended, "suspended", "unsuspended"),
        (GroupSetting.GrowthLocked, "growth_locked", "growth_unlocked"),
        (GroupSetting.AutoAddDisabled, "auto_add_disabled", null),
        (GroupSetting.LimitSharing, "limit_sharing_enabled", null),
        (GroupSetting.SafetyCheck, "group_safety_check", null),
        (GroupSetting.CapiHosted, "capi", null),
        (GroupSetting.CapiHosted, "is_capi_hosted_group", null),
        (GroupSetting.Support, "support", null),
        (GroupSetting.Incognito, "incognito", null),
        (GroupSetting.MemberLabels, "participant_label_enabled", null),
    ];

    private static readonly FrozenDictionary<string, (GroupSetting Setting, bool On)> _byTag = _tags
        .SelectMany(row => row.Off is null ? [(row.On, (row.Setting, true))] : new[] { (row.On, (row.Setting, true)), (row.Off, (row.Setting, false)) })
        .ToFrozenDictionary(row => row.Item1, row => row.Item2, StringComparer.Ordinal);

    /// <summary>The switch this tag sets; false for other tags.</summary>
    public static bool TryRead(string tag, out (GroupSetting Setting, bool On) change) => _byTag.TryGetValue(tag, out change);

    /// <summary>The tag that sets a switch; null when only WhatsApp can.</summary>
    public static string? Tag(GroupSetting setting, bool on)
    {
        foreach (var row in _tags)
            if (row.Setting == setting && row.Off is not null && setting is not (GroupSetting.Suspended or GroupSetting.GrowthLocked))
                return on ? row.On : row.Off;
        return null;
    }
}
