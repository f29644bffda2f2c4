using WhatsApp.Grains.Abstractions.Groups;
using WhatsApp.Protocol.Groups;

namespace WhatsApp.Grains.Groups;

/// <summary>From what the device knows of a group to the contract. Pure.</summary>
internal static class GroupReports
{
    public static GroupReport Of(GroupInfo info, bool participants) =>
        new(info.Id.ToString(), info.Subject, participants ? [.. info.Members.Select(Participant)] : [])
        {
            Description = info.Description?.Text,
            Owner = info.Creator?.ToString(),
            OwnerPhone = (info.CreatorPhone ?? (info.Creator is { IsPhone: true } phone ? phone : info.Creator is { } creator ? info.Find(creator)?.Phone : null))?.ToString(),
            CreatedAt = info.CreatedAt is { } at and > 0 and < 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(at) : null,
            Size = info.Size ?? info.Members.Count,
            AddressingMode = info.Addressing == AddressingMode.Lid ? "lid" : "pn",
            EphemeralExpiration = info.Ephemeral ?? 0,
            MemberAddMode = info.MemberAddMode,
            Settings = [.. info.Settings.Where(setting => setting != GroupSetting.Ephemeral).Order().Select(setting => setting.NameOf())],
            LinkedParent = info.LinkedParent?.ToString(),
            IsCommunity = info.IsCommunity,
        };

    private static GroupParticipantReport Participant(GroupMember member) =>
        new(member.Jid.ToString(), member.Lid?.ToString(), member.Phone?.ToString(), member.Role switch
        {
            GroupRole.SuperAdmin => "superadmin",
            GroupRole.Admin => "admin",
            _ => null,
        });
}
