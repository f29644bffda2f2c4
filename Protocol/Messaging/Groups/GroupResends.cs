using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Groups;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>
/// A group message once more, for the one device that asked: pair-encrypted, with our sender key inside (wire/04 §9.2).
/// <code>&lt;message id to="…@g.us" participant="requester" type addressing_mode [edit]&gt;&lt;enc type="pkmsg|msg" count="n"/&gt;[&lt;device-identity/&gt;]&lt;/message&gt;</code>
/// </summary>
internal sealed class GroupResends(GroupDirectory directory)
{
    /// <summary>Whoever asks has not got our key, or lost it: the next message brings it again.</summary>
    public static void ForgetMark(StepView view, Jid device) => view.Step.Batch.ForgottenSenderKeyDevices.Add(view.Lids.AddressOf(device));

    /// <summary>The group when this is a member of it; null when it is not, or the group cannot be had.</summary>
    /// <exception cref="LinkClosedException">The server could not be asked.</exception>
    public async Task<GroupInfo?> MemberGroupAsync(Jid group, Jid device)
    {
        if (!group.IsGroup)
            return null;
        try
        {
            var info = await directory.GetAsync(group, CancellationToken.None);
            return info.Find(device) is null ? null : info;
        }
        catch (IqErrorException)
        {
            return null;
        }
    }

    /// <summary>The content with our present key in it.</summary>
    public static async ValueTask<byte[]> PayloadAsync(StepView view, GroupInfo info, byte[] content, CancellationToken cancellationToken)
    {
        var message = Schema.Message.Parser.ParseFrom(content);
        message.SenderKeyDistributionMessage = GroupKeys.Distribution(info.Id, await GroupKeys.ForOneAsync(view, info, cancellationToken));
        return message.ToByteArray();
    }

    /// <summary>The stanza round the children.</summary>
    public static Node Stanza(RetryRequest request, GroupInfo info, StanzaKind kind, IReadOnlyList<Node> children) => new("message",
        [
            ("id", request.MessageId), ("to", info.Id.ToString()), ("participant", request.Requester.ToString()), ("type", kind.Type),
            ("addressing_mode", GroupAddressing.Name(info.Addressing)), ("edit", kind.Edit),
        ], children);
}
