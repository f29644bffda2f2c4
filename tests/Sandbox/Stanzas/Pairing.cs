using System.Collections.Concurrent;
using System.Security.Cryptography;
using Google.Protobuf;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Schema;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>Linking did not succeed; the message says why, for the person at the phone.</summary>
public sealed class PairingException(string message) : Exception(message);

/// <summary>
/// Connections that wait for a phone (wire/01 §6-7): found by the ref in their QR, or by the number they asked a code for.
/// </summary>
internal sealed class Pairing(SandboxServer server)
{
    private const int RefCount = 6;
    private readonly ConcurrentDictionary<string, PairingSession> _byRef = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PairingSession> _byNumber = new(StringComparer.Ordinal);

    /// <summary>A registration payload arrived: answer with refs, or with a failure when its keys do not hold.</summary>
    public IStanzaHandler Begin(IStanzaLink link, byte[] noiseKey, ClientPayload.Types.DevicePairingRegistrationData data)
    {
        var session = new PairingSession(server, link, noiseKey, Companion.Read(data));
        if (session.Companion is null)
        {
            link.Close(new Protocol.Binary.Node("failure", ("reason", "400"), ("location", "cln")));
            return session;
        }
        var refs = Enumerable.Range(0, RefCount).Select(_ => NewRef()).ToArray();
        foreach (var one in refs)
            _byRef[one] = session;
        session.Start(refs);
        return session;
    }

    /// <summary>The waiting connection that showed this ref, or null.</summary>
    public PairingSession? FindByRef(string reference) => _byRef.GetValueOrDefault(reference);

    /// <summary>The waiting connection that asked for a code for this number, or null.</summary>
    public PairingSession? FindByNumber(string phoneNumber) => _byNumber.GetValueOrDefault(phoneNumber);

    /// <summary>A connection asked for a code; the newest one of a number wins.</summary>
    public void AskedForCode(string phoneNumber, PairingSession session) => _byNumber[phoneNumber] = session;

    /// <summary>The connection is gone or linked.</summary>
    public void Forget(PairingSession session, IEnumerable<string> refs)
    {
        foreach (var one in refs)
            _byRef.TryRemove(one, out _);
        if (session.LinkCode is { } code)
            _byNumber.TryRemove(new(code.PhoneNumber, session));
    }

    /// <summary>Printable, no comma, like the real server's: <c>2@</c> + Base64.</summary>
    private static string NewRef() => "2@" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(48));
}

/// <summary>Public keys of a device that wants to be linked (wire/01 §4.2).</summary>
internal sealed record Companion(uint RegistrationId, byte[] Identity, PublicSignedPreKey Signed, bool TakesInlineHistory)
{
    /// <summary>Null when a key is missing or the signature does not hold.</summary>
    public static Companion? Read(ClientPayload.Types.DevicePairingRegistrationData data)
    {
        var (identity, key, signature) = (data.EIdent.ToByteArray(), data.ESkeyVal.ToByteArray(), data.ESkeySig.ToByteArray());
        if (identity.Length != 32 || key.Length != 32 || signature.Length != 64 || data.ERegid.Length != 4 || data.ESkeyId.Length != 3
            || !XEdDsa.Verify(identity, Curve25519.Serialize(key), signature))
            return null;
        return new Companion(Number(data.ERegid), identity, new PublicSignedPreKey(Number(data.ESkeyId), key, signature), TakesInline(data.DeviceProps));
    }

    private static bool TakesInline(ByteString props)
    {
        try
        {
            return DeviceProps.Parser.ParseFrom(props).HistorySyncConfig?.InlineInitialPayloadInE2EeMsg == true;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    private static uint Number(ByteString bytes) => bytes.Aggregate(0u, static (value, b) => (value << 8) | b);
}
