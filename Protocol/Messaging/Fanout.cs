using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Who gets a 1:1 message: the recipient's devices get the content, our own other devices the device-sent copy (wire/04 §3.6, §4).</summary>
/// <param name="To">The stanza's <c>to</c>: account, LID when known.</param>
/// <param name="RecipientDevices">Device addresses of the recipient; empty when writing to ourselves.</param>
/// <param name="OwnDevices">Our other devices, in the same form as <paramref name="To"/>.</param>
internal sealed record FanoutPlan(Jid To, IReadOnlyList<Jid> RecipientDevices, IReadOnlyList<Jid> OwnDevices)
{
    /// <summary>All of them, recipients first.</summary>
    public IEnumerable<Jid> Devices => RecipientDevices.Concat(OwnDevices);
}

/// <summary>One content encrypted for many devices.</summary>
/// <param name="Participants">The <c>participants</c> child.</param>
/// <param name="HasPreKeyMessage">True when the stanza needs our device identity.</param>
/// <param name="Reached">Devices that can read it.</param>
internal sealed record FanoutResult(Node Participants, bool HasPreKeyMessage, IReadOnlyList<Jid> Reached);

/// <summary>
/// Encrypts for devices whose sessions are there.
/// <code>&lt;participants&gt;&lt;to jid="L:3@lid"&gt;&lt;enc v="2" type="pkmsg|msg"&gt;…&lt;/enc&gt;&lt;/to&gt;…&lt;/participants&gt;</code>
/// </summary>
internal static class Fanout
{
    /// <summary>Encrypts one after the other; devices without session are left out.</summary>
    /// <param name="view">The step; sessions of all addresses loaded.</param>
    /// <param name="plan">Who.</param>
    /// <param name="content">Encoded Message, unpadded.</param>
    /// <param name="kind">What the enc says about it.</param>
    public static FanoutResult Encrypt(StepView view, FanoutPlan plan, ReadOnlySpan<byte> content, StanzaKind kind)
    {
        List<Node> recipients = [];
        List<Jid> reached = [];
        var preKey = false;
        foreach (var device in plan.RecipientDevices)
            preKey |= Add(view, device, content, kind, recipients, reached);
        if (plan.OwnDevices.Count > 0)
        {
            var copy = DeviceSentCopy.Of(content, plan.To);
            foreach (var device in plan.OwnDevices)
                preKey |= Add(view, device, copy, kind, recipients, reached);
        }
        return new FanoutResult(new Node("participants", [], recipients), preKey, reached);
    }

    /// <summary>Encrypts for one device. Null = no session.</summary>
    /// <param name="view">The step.</param>
    /// <param name="device">Device address.</param>
    /// <param name="plaintext">Unpadded.</param>
    /// <param name="kind">What the enc says about it.</param>
    /// <param name="count">Resend number, or null.</param>
    public static Node? Encrypt(StepView view, Jid device, ReadOnlySpan<byte> plaintext, StanzaKind kind, int? count = null)
    {
        var address = view.Lids.AddressOf(device);
        if (view.Sessions.Find(address) is not { HasCurrent: true } session)
            return null;
        var encrypted = SessionCipher.Encrypt(session, view.Credentials.Identity, MessagePadding.Pad(plaintext));
        view.Sessions.Set(address, encrypted.Next);
        return new Node("enc",
            [("v", "2"), ("type", encrypted.Type == CiphertextType.PkMsg ? "pkmsg" : "msg"), ("count", count?.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                ("mediatype", kind.MediaType), ("decrypt-fail", kind.HideFailure ? "hide" : null)],
            encrypted.Ciphertext);
    }

    private static bool Add(StepView view, Jid device, ReadOnlySpan<byte> plaintext, StanzaKind kind, List<Node> recipients, List<Jid> reached)
    {
        if (Encrypt(view, device, plaintext, kind) is not { } enc)
            return false;
        recipients.Add(new Node("to", [("jid", device.ToString())], [enc]));
        reached.Add(device);
        return enc["type"] == "pkmsg";
    }
}
