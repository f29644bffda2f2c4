using System.Globalization;
using System.Security.Cryptography;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// xmlns <c>encrypt</c> (wire/01 §8.3, wire/03 §9, wire/04 §2.3): count, upload, rotate, digest, and handing out bundles, each
/// one-time key once.
/// </summary>
internal sealed class PreKeyStanzas(SandboxServer server)
{
    /// <summary>Clients upload when fewer than this are left.</summary>
    private const int LowWater = 5;
    private const int MaxUsersPerQuery = 2000;

    /// <summary>count, digest, key, key_fetch, identity.</summary>
    public Node Get(DeviceSession session, Node iq)
    {
        if (iq.Child("count") is not null)
            return Answer.Result(iq, Count(session.Device));
        if (iq.Child("digest") is not null)
            return Digest(session.Device, iq);
        if (iq.Child("key") is { } key)
            return Bundles(iq, key);
        if (iq.Child("key_fetch") is { } fetch)
            return Answer.Result(iq, new Node("list", [], [.. fetch.ChildrenOf("user").Take(MaxUsersPerQuery).Select(Fetch)]));
        return iq.Child("identity") is { } identity
            ? Answer.Result(iq, new Node("list", [], [.. identity.ChildrenOf("user").Take(MaxUsersPerQuery).Select(Identity)]))
            : Answer.Result(iq);
    }

    /// <summary>Upload or rotate.</summary>
    public Node Set(DeviceSession session, Node iq)
    {
        var device = session.Device;
        if (iq.Child("rotate")?.Child("skey") is { } rotated)
            return Rotate(device, iq, rotated);
        if (KeyBytes.Number(iq.Child("registration")) is not { } registration
            || KeyBytes.Exactly(iq.Child("identity"), 32) is not { } identity
            || Signed(iq.Child("skey"), identity) is not { } signed
            || OneTime(iq.Child("list")) is not { } keys)
        {
            server.Stats.Violation($"pre-key upload of {device.Phone} refused: missing or badly signed keys");
            return Answer.Error(iq, 406, "not-acceptable");
        }
        lock (device.Account.Gate)
        {
            if (device.Keys.Identity is { } known && !CryptographicOperations.FixedTimeEquals(known, identity))
            {
                server.Stats.Violation($"pre-key upload of {device.Phone} refused: another identity than at pairing");
                return Answer.Error(iq, 406, "not-acceptable");
            }
            device.Keys.SetIdentity(registration, identity, signed);
            device.Keys.Add(keys);
        }
        Passive.Bootstrap(session);
        return Answer.Result(iq);
    }

    private static Node Rotate(Device device, Node iq, Node skey)
    {
        lock (device.Account.Gate)
        {
            if (device.Keys.Identity is not { } identity)
                return Answer.Error(iq, 409, "conflict");
            if (Signed(skey, identity) is not { } signed)
                return Answer.Error(iq, 406, "not-acceptable");
            device.Keys.Rotate(signed);
        }
        return Answer.Result(iq);
    }

    private static Node Count(Device device)
    {
        lock (device.Account.Gate)
            return new Node("count", ("value", device.Keys.Count.ToString(CultureInfo.InvariantCulture)));
    }

    private static Node Digest(Device device, Node iq)
    {
        lock (device.Account.Gate)
        {
            var keys = device.Keys;
            if (keys.Identity is null || keys.Signed is null || keys.Count == 0)
                return Answer.Error(iq, 404, "item-not-found");
            return Answer.Result(iq, new Node("digest", [], [
                .. IdentityNodes(keys), SignedNode(keys.Signed),
                new Node("list", [], [.. keys.Ids.Select(id => KeyBytes.Leaf("id", KeyBytes.Id(id)))]),
                KeyBytes.Leaf("hash", keys.Digest())]));
        }
    }

    /// <summary>
    /// <c>&lt;key&gt;&lt;user jid/&gt;…&lt;/key&gt;</c> → <c>&lt;list&gt;&lt;user jid t&gt;…</c>. Unknown account or no keys: 404 for that user.
    /// A device that is not in its account's list: 406 for the whole query.
    /// </summary>
    private Node Bundles(Node iq, Node key)
    {
        var users = new List<(Node User, Device? Device)>();
        foreach (var user in key.ChildrenOf("user").Take(MaxUsersPerQuery))
        {
            var device = user.JidOf("jid") is { IsUser: true } jid ? server.Accounts.FindDevice(jid) : null;
            if (device is null && StanzaRouter.AccountOf(server, user, "jid") is not null)
                return Answer.Error(iq, 406, "not-acceptable");
            users.Add((user, device));
        }
        return Answer.Result(iq, new Node("list", [], [.. users.Select(entry => Bundle(entry.User["jid"], entry.Device))]));
    }

    private Node Bundle(string? jid, Device? device)
    {
        if (device is null || TakeBundle(device) is not { } nodes)
            return new Node("user", [("jid", jid)], [Answer.ErrorNode(404, "item-not-found")]);
        return new Node("user", [("jid", jid), ("t", server.NowText)], nodes);
    }

    private Node Fetch(Node user)
    {
        var account = StanzaRouter.AccountOf(server, user, "jid");
        var devices = user.ChildrenOf("device").Select(wanted =>
        {
            Device? device = null;
            if (account is not null && int.TryParse(wanted["id"], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                lock (account.Gate)
                    account.TryGetDevice(id, out device);
            return device is not null && TakeBundle(device) is { } nodes
                ? new Node("device", [("id", wanted["id"])], nodes)
                : new Node("device", [("id", wanted["id"])], [Answer.ErrorNode(404, "item-not-found")]);
        });
        return new Node("user", [("jid", user["jid"])], [.. devices]);
    }

    private Node Identity(Node user)
    {
        var device = user.JidOf("jid") is { IsUser: true } jid ? server.Accounts.FindDevice(jid) : null;
        if (device is null)
            return new Node("user", [("jid", user["jid"])], [Answer.ErrorNode(404, "item-not-found")]);
        lock (device.Account.Gate)
            return device.Keys.Identity is { } identity
                ? new Node("user", [("jid", user["jid"])], [KeyBytes.Leaf("identity", identity), KeyBytes.Leaf("type", [5])])
                : new Node("user", [("jid", user["jid"])], [Answer.ErrorNode(404, "item-not-found")]);
    }

    /// <summary>The bundle's nodes, one one-time key taken; null when the device left no keys.</summary>
    private Node[]? TakeBundle(Device device)
    {
        var nodes = new List<Node>(6);
        int left;
        lock (device.Account.Gate)
        {
            var keys = device.Keys;
            if (keys.Identity is null || keys.Signed is null)
                return null;
            nodes.AddRange(IdentityNodes(keys));
            nodes.Add(SignedNode(keys.Signed));
            var taken = keys.Take();
            if (taken is { } oneTime)
                nodes.Add(new Node("key", [], [KeyBytes.Leaf("id", KeyBytes.Id(oneTime.Id)), KeyBytes.Leaf("value", oneTime.Value)]));
            if (device.SignedIdentity is { } signedIdentity)
                nodes.Add(KeyBytes.Leaf("device-identity", signedIdentity));
            left = taken is null ? LowWater : keys.Count;
        }
        if (left is LowWater - 1 or 0)
            server.Notifications.PreKeysLow(device, left);
        return [.. nodes];
    }

    private static Node[] IdentityNodes(PreKeyShelf keys) =>
    [
        KeyBytes.Leaf("registration", KeyBytes.Registration(keys.RegistrationId)), KeyBytes.Leaf("type", [5]), KeyBytes.Leaf("identity", keys.Identity!),
    ];

    private static Node SignedNode(PublicSignedPreKey signed) => new("skey", [],
        [KeyBytes.Leaf("id", KeyBytes.Id(signed.Id)), KeyBytes.Leaf("value", signed.Value), KeyBytes.Leaf("signature", signed.Signature)]);

    /// <summary>id, value, signature; null when incomplete or not signed by the identity over 05 ‖ value.</summary>
    private static PublicSignedPreKey? Signed(Node? skey, byte[] identity) =>
        KeyBytes.Number(skey?.Child("id")) is { } id && KeyBytes.Exactly(skey?.Child("value"), 32) is { } value
        && KeyBytes.Exactly(skey?.Child("signature"), 64) is { } signature && XEdDsa.Verify(identity, Curve25519.Serialize(value), signature)
            ? new PublicSignedPreKey(id, value, signature) : null;

    private static List<PublicPreKey>? OneTime(Node? list)
    {
        if (list is null || list.Children.Count > PreKeyShelf.MaxOneTimeKeys)
            return null;
        var keys = new List<PublicPreKey>(list.Children.Count);
        foreach (var key in list.ChildrenOf("key"))
        {
            if (KeyBytes.Number(key.Child("id")) is not { } id || KeyBytes.Exactly(key.Child("value"), 32) is not { } value)
                return null;
            keys.Add(new PublicPreKey(id, value));
        }
        return keys;
    }
}
