using System.Text.Json;
using WhatsApp.Protocol.Groups;

namespace WhatsApp.Protocol.Tests.Groups;

/// <summary>Compares a group with the "parsed" part of a vector: every name the vector has must be known here and equal.</summary>
internal static class GroupAssert
{
    private static readonly Dictionary<string, Func<GroupInfo, object?>> _fields = new()
    {
        ["jid"] = group => group.Id.ToString(),
        ["subject"] = group => group.Subject,
        ["size"] = group => group.Size,
        ["creation"] = group => group.CreatedAt,
        ["subjectOwner"] = group => group.SubjectBy.ToString(),
        ["subjectOwnerPhoneNumber"] = group => group.SubjectByPhone.ToString(),
        ["subjectTime"] = group => group.SubjectAt,
        ["addressingMode"] = group => group.Addressing == AddressingMode.Lid ? "lid" : "pn",
        ["desc"] = group => group.Description?.Text,
        ["descId"] = group => group.Description?.Id,
        ["descOwner"] = group => group.Description?.By.ToString(),
        ["descTime"] = group => group.Description?.At,
        ["ephemeral"] = group => group.Ephemeral,
        ["ephemeralTrigger"] = group => group.EphemeralTrigger,
        ["linkedParentJid"] = group => group.LinkedParent.ToString(),
        ["membershipApprovalEnabled"] = group => group.Has(GroupSetting.JoinApproval),
        ["owner"] = group => group.Creator.ToString(),
        ["ownerPhoneNumber"] = group => group.CreatorPhone.ToString(),
        ["ownerCountryCode"] = group => group.CreatorCountry,
        ["restrict"] = group => group.Has(GroupSetting.Locked),
        ["announce"] = group => group.Has(GroupSetting.Announcement),
        ["isParentGroup"] = group => group.IsCommunity,
        ["isClosedCommunity"] = group => group.IsClosedCommunity,
        ["defaultSubgroup"] = group => group.IsDefaultSubGroup,
        ["generalSubgroup"] = group => group.IsGeneralChat,
        ["generalChat"] = group => group.IsGeneralChat,
        ["hiddenSubgroup"] = group => group.IsHidden,
        ["hiddenGroup"] = group => group.IsHidden,
        ["allowNonAdminSubGroupCreation"] = group => group.Has(GroupSetting.AllowNonAdminSubGroupCreation),
        ["noFrequentlyForwarded"] = group => group.Has(GroupSetting.NoFrequentlyForwarded),
        ["support"] = group => group.Has(GroupSetting.Support),
        ["suspended"] = group => group.Has(GroupSetting.Suspended),
        ["incognito"] = group => group.Has(GroupSetting.Incognito),
        ["allowAdminReports"] = group => group.Has(GroupSetting.AllowAdminReports),
        ["autoAddDisabled"] = group => group.Has(GroupSetting.AutoAddDisabled),
        ["groupHistory"] = group => group.Has(GroupSetting.GroupHistory),
        ["capi"] = group => group.Has(GroupSetting.CapiHosted),
        ["hasCapi"] = group => group.Has(GroupSetting.CapiHosted),
        ["groupSafetyCheck"] = group => group.Has(GroupSetting.SafetyCheck),
        ["participantLabelEnabled"] = group => group.Has(GroupSetting.MemberLabels),
        ["limitSharingEnabled"] = group => group.Has(GroupSetting.LimitSharing),
        ["memberAddMode"] = group => group.MemberAddMode,
    };

    /// <summary>All fields, members with their roles.</summary>
    public static void Same(JsonElement expected, GroupInfo group)
    {
        Fields(expected, group);
        foreach (var (one, member) in expected.GetProperty("participants").EnumerateArray().Zip(group.Members))
        {
            Assert.Equal(one.GetProperty("isAdmin").GetBoolean(), member.IsAdmin);
            Assert.Equal(one.GetProperty("isSuperAdmin").GetBoolean(), member.Role == GroupRole.SuperAdmin);
        }
    }

    /// <summary>All fields, members by address.</summary>
    public static void SameSummary(JsonElement expected, GroupInfo group) => Fields(expected, group);

    private static void Fields(JsonElement expected, GroupInfo group)
    {
        foreach (var field in expected.EnumerateObject())
            if (field.Name != "participants")
                Assert.Equal(Value(field.Value), _fields[field.Name](group)?.ToString());
        var members = expected.GetProperty("participants").EnumerateArray().ToArray();
        Assert.Equal(members.Select(one => one.GetProperty("jid").GetString()), group.Members.Select(member => member.Jid.ToString()));
        foreach (var (one, member) in members.Zip(group.Members))
        {
            if (one.TryGetProperty("phoneNumber", out var phone))
                Assert.Equal(phone.GetString(), member.Phone.ToString());
            if (one.TryGetProperty("lid", out var lid))
                Assert.Equal(lid.GetString(), member.Lid.ToString());
            if (one.TryGetProperty("displayName", out var name))
                Assert.Equal(name.GetString(), member.DisplayName);
        }
    }

    private static string? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => bool.TrueString,
        JsonValueKind.False => bool.FalseString,
        _ => value.ToString(),
    };
}
