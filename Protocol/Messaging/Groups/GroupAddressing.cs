using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>Everyone takes the form of address that a group uses, we too (wire/04 §6).</summary>
internal static class GroupAddressing
{
    /// <summary>Our own device.</summary>
    public static Jid OwnDevice(DeviceCredentials credentials, AddressingMode mode) =>
        mode == AddressingMode.Lid && credentials.Lid is { } lid ? lid : credentials.Jid!.Value;

    /// <summary>An account as the group names it: as its member, else as given.</summary>
    public static Jid Of(GroupInfo info, Jid account) => info.Find(account)?.Jid ?? account.ToAccount();

    /// <summary>The form's name in stanzas.</summary>
    public static string Name(AddressingMode mode) => mode == AddressingMode.Lid ? "lid" : "pn";
}
