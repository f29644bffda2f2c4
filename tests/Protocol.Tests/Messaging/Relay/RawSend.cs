using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Tests.Messaging.Relay;

/// <summary>Encrypts arbitrary content from one device to another, past the sender: what a newer or hostile client could send.</summary>
internal static class RawSend
{
    private static int _next;

    /// <summary>Encrypts and delivers; the session is made when there is none. Returns the stanza.</summary>
    public static async Task<Node> SendAsync(RelayDevice from, RelayDevice to, IMessage message, params (string, string?)[] attributes)
    {
        var stanza = await EncryptAsync(from, to, message.ToByteArray(), attributes);
        to.Deliver(stanza);
        return stanza;
    }

    /// <summary>The stanza as the server would bring it, LID-addressed.</summary>
    public static Task<Node> EncryptAsync(RelayDevice from, RelayDevice to, byte[] content, params (string, string?)[] attributes) =>
        from.RunStepAsync(async (step, token) =>
        {
            var address = SignalAddress.Of(to.Lid);
            var sessions = new StepSessions(step, new SessionCache(1), from.Store);
            await sessions.LoadAsync([address], token);
            var session = sessions.Find(address) ?? SessionBuilder.ProcessBundle(SessionRecord.Empty, from.Credentials.Identity, BundleOf(to));
            var encrypted = SessionCipher.Encrypt(session, from.Credentials.Identity, MessagePadding.Pad(content));
            sessions.Set(address, encrypted.Next);
            sessions.Flush();
            return new Node("message",
                [("id", $"RAW{Interlocked.Increment(ref _next):D4}"), ("from", from.Lid.ToString()), ("type", "text"), ("t", "1700000000"), ("sender_pn", from.Account.Phone.ToString())],
                [new Node("enc", [("v", "2"), ("type", encrypted.Type == CiphertextType.PkMsg ? "pkmsg" : "msg")], encrypted.Ciphertext)]).With(attributes);
        }, CancellationToken.None);

    private static PreKeyBundle BundleOf(RelayDevice device)
    {
        var (identity, signed, oneTime) = (device.Credentials.Identity, device.Credentials.SignedPreKeys[0], device.ServerPreKeys.Dequeue());
        return new PreKeyBundle(identity.RegistrationId, identity.IdentityKey.PublicKey, signed.Id, signed.Keys.PublicKey, signed.Signature, oneTime.Id, oneTime.Keys.PublicKey);
    }
}
