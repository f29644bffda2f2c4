using System.Globalization;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Phones;

/// <summary>Retry receipts, asked and answered (wire/04 §9).</summary>
public sealed partial class VirtualPhone
{
    private const int MaxRetries = 5;
    private readonly Dictionary<(string Id, Jid From), int> _asked = [];
    private readonly Dictionary<(string Id, Jid To), byte[]> _baseKeys = [];

    /// <summary>Could not decrypt: asks the author's device to send again, at most five times.</summary>
    private void AskAgain(Node stanza, string id, Jid from, RetryReason reason)
    {
        var known = _asked.TryGetValue((id, from), out var before)
            || int.TryParse(stanza.Child("enc")?["count"], NumberStyles.None, CultureInfo.InvariantCulture, out before);
        var count = known ? before + 1 : 1;
        if (count <= MaxRetries)
        {
            if (_asked.Count > KeptForRetries)
                _asked.Clear();
            _asked[(id, from)] = count;
            Say(RetryReceipt(stanza, id, reason, count));
        }
        Say(new Node("ack", ("class", "message"), ("id", id), ("to", stanza["from"]), ("participant", stanza["participant"]), ("error", "500")));
    }

    private Node RetryReceipt(Node stanza, string id, RetryReason reason, int count)
    {
        var children = new List<Node>
        {
            new("retry", ("v", "1"), ("count", Text(count)), ("id", id), ("t", stanza["t"]), ("error", Text((int)reason))),
            KeyBytes.Leaf("registration", KeyBytes.Registration(_keys.Local.RegistrationId)),
        };
        if (count > 1 || reason is RetryReason.NoSession or RetryReason.InvalidKeyId)
            children.Add(new Node("keys", [],
            [
                KeyBytes.Leaf("type", [5]), KeyBytes.Leaf("identity", _keys.Local.IdentityKey.PublicKey),
                PhoneKeys.KeyNode("key", _keys.NewOneTime()), _keys.SignedNode(),
            ]));
        var peer = stanza["category"] == "peer";
        return new Node("receipt",
            [("id", id), ("to", stanza["from"]), ("participant", stanza["participant"]), ("type", "retry"), ("recipient", peer ? null : stanza["recipient"]), ("category", peer ? "peer" : null)], children);
    }

    /// <summary>A device could not decrypt ours: encrypts again for that device alone, under the same id.</summary>
    private void SendAgain(Node receipt, string id, Jid requester)
    {
        if (receipt.Child("retry") is not { } retry || !_sent.TryGetValue(id, out var sent)
            || !int.TryParse(retry["count"], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or >= MaxRetries)
            return;
        if (sent.To.IsGroup)
        {
            SendAgainToGroup(receipt, id, requester, count, sent.To, sent.Content);
            return;
        }
        if (!Renew(receipt, id, requester, count))
            return;
        var own = requester.IsSameAccount(Jid) || requester.IsSameAccount(Lid);
        var peer = sent.To.Device != 0;
        var payload = own && !peer ? DeviceSent(sent.To, sent.Content) : sent.Content;
        Say(new Node("message",
            [("id", id), ("to", requester.ToString()), ("type", TypeOf(sent.Content)),
             ("recipient", own && !peer ? sent.To.ToString() : null), ("category", peer ? "peer" : null)],
            [_sessions.Encrypt(requester, payload.ToByteArray(), count: count)]));
    }

    /// <summary>Makes sure the session is one the requester can read: wire/04 §9.2 step 5.</summary>
    private bool Renew(Node receipt, string id, Jid requester, int count)
    {
        var registration = KeyBytes.Number(receipt.Child("registration"));
        if (receipt.Child("keys") is { } keys && PhoneSessions.ReadBundle(keys, registration) is { } bundle)
        {
            try
            {
                _sessions.Install(requester, bundle);
                return true;
            }
            catch (SignalException)
            {
                _server.Stats.Violation($"the keys in a retry receipt of {requester} do not hold");
                return false;
            }
        }
        var baseKey = _sessions.BaseKey(requester);
        var stale = registration is { } id32 && _sessions.RemoteRegistrationId(requester) is { } known && known != id32;
        var collided = count > 2 && baseKey is not null && _baseKeys.GetValueOrDefault((id, requester))?.AsSpan().SequenceEqual(baseKey) == true;
        if (count == 2 && baseKey is not null)
            _baseKeys[(id, requester)] = baseKey;
        return SessionWith(requester, refresh: stale || collided);
    }
}
