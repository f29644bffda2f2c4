using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Devices;

/// <summary>What came back for one device: a bundle, or the server's error (0 = unreadable or absent).</summary>
internal readonly record struct BundleAnswer(PreKeyBundle? Bundle, int Error);

/// <summary>
/// Fetches the keys that open sessions (wire/04 §2.3). One question per device at a time.
/// <code>
/// &lt;iq type="get" xmlns="encrypt" to="s.whatsapp.net"&gt;&lt;key&gt;&lt;user jid="L:3@lid" [reason="identity"]/&gt;…&lt;/key&gt;&lt;/iq&gt;
/// </code>
/// </summary>
internal sealed class PreKeyBundles(IDeviceLink link, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Jid, Task<BundleAnswer>> _asking = [];

    /// <summary>An answer for every device.</summary>
    /// <exception cref="IqErrorException">The whole question was refused; 406 = a device no longer exists.</exception>
    /// <exception cref="LinkClosedException">The server could not be asked.</exception>
    public async Task<IReadOnlyDictionary<Jid, BundleAnswer>> FetchAsync(IReadOnlyCollection<Jid> devices, bool identityChanged, CancellationToken cancellationToken)
    {
        Dictionary<Jid, BundleAnswer> answers = [];
        foreach (var (device, asked) in Ask(devices, identityChanged))
            answers[device] = await asked.WaitAsync(cancellationToken);
        return answers;
    }

    /// <summary>As <see cref="FetchAsync"/>, device by device: a refusal costs only that device.</summary>
    public async Task<IReadOnlyDictionary<Jid, BundleAnswer>> FetchEachAsync(IReadOnlyCollection<Jid> devices, bool identityChanged, CancellationToken cancellationToken)
    {
        Dictionary<Jid, BundleAnswer> answers = [];
        foreach (var device in devices)
            try
            {
                answers[device] = (await FetchAsync([device], identityChanged, cancellationToken))[device];
            }
            catch (IqErrorException error)
            {
                answers[device] = new BundleAnswer(null, error.Code);
            }
        return answers;
    }

    /// <summary>Reads a bundle from a node with identity, skey, key, and the registration id from its own node. Null = unusable.</summary>
    public static PreKeyBundle? Read(Node keys, Node? registration)
    {
        if (registration?.Bytes is not { Length: 4 } registrationId || keys.Child("identity")?.Bytes is not { Length: 32 } identity
            || keys.Child("skey") is not { } signed || Id(signed) is not { } signedId
            || signed.Child("value")?.Bytes is not { Length: 32 } signedKey || signed.Child("signature")?.Bytes is not { Length: 64 } signature)
            return null;
        var oneTime = keys.Child("key");
        var oneTimeId = oneTime is null ? null : Id(oneTime);
        var oneTimeKey = oneTime?.Child("value")?.Bytes is { Length: 32 } value ? value.ToArray() : null;
        return new PreKeyBundle(BinaryPrimitives.ReadUInt32BigEndian(registrationId.Span), identity.ToArray(), signedId, signedKey.ToArray(), signature.ToArray(),
            oneTimeKey is null ? null : oneTimeId, oneTimeId is null ? null : oneTimeKey);
    }

    /// <summary>A 24-bit id in 3 bytes, big endian.</summary>
    public static byte[] IdBytes(uint id) => [(byte)(id >> 16), (byte)(id >> 8), (byte)id];

    private static uint? Id(Node key) =>
        key.Child("id")?.Bytes is { Length: 3 } bytes ? (uint)((bytes.Span[0] << 16) | (bytes.Span[1] << 8) | bytes.Span[2]) : null;

    private List<(Jid, Task<BundleAnswer>)> Ask(IReadOnlyCollection<Jid> devices, bool identityChanged)
    {
        List<(Jid, Task<BundleAnswer>)> asked = [];
        lock (_gate)
        {
            var mine = devices.Where(device => !_asking.ContainsKey(device)).Distinct().ToList();
            if (mine.Count > 0)
            {
                var fetch = QueryAsync(mine, identityChanged);
                foreach (var device in mine)
                    _asking[device] = PickAsync(device, fetch);
            }
            foreach (var device in devices)
                asked.Add((device, _asking[device]));
        }
        return asked;
    }

    private async Task<BundleAnswer> PickAsync(Jid device, Task<Dictionary<Jid, BundleAnswer>> fetch)
    {
        await Task.Yield();
        try
        {
            return (await fetch).GetValueOrDefault(device);
        }
        finally
        {
            lock (_gate)
                _asking.Remove(device);
        }
    }

    private async Task<Dictionary<Jid, BundleAnswer>> QueryAsync(List<Jid> devices, bool identityChanged)
    {
        await Task.Yield();
        var users = devices.Select(device => new Node("user", ("jid", device.ToString()), ("reason", identityChanged ? "identity" : null)));
        Node answer;
        try
        {
            answer = await link.QueryAsync(
                new Node("iq", [("type", "get"), ("xmlns", "encrypt"), ("to", Jid.PhoneServer)], [new Node("key", [], [.. users])]), CancellationToken.None);
        }
        catch (IqErrorException error)
        {
            DeviceLog.BundlesRefused(logger, devices.Count, error.Code);
            throw;
        }
        Dictionary<Jid, BundleAnswer> answers = [];
        foreach (var user in answer.Child("list")?.ChildrenOf("user") ?? [])
            if (user.JidOf("jid") is { } device)
                answers[device] = user.Child("error") is { } error
                    ? new BundleAnswer(null, int.TryParse(error["code"], NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : 0)
                    : new BundleAnswer(Read(user, user.Child("registration")), 0);
        return answers;
    }
}
