using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// The server and the phone while a passkey is demanded (wire/01 §7.6): the demand, the prologue with its commitment, the phone's key, the companion's nonce,
/// its sealed keys. Any passkey is taken whose client data names our challenge.
/// </summary>
internal sealed class PasskeyRequest(SandboxServer server, IStanzaLink link, byte[] advSecret)
{
    private readonly byte[] _challenge = RandomNumberGenerator.GetBytes(32);
    private readonly string _reference = Convert.ToBase64String(RandomNumberGenerator.GetBytes(24));
    private readonly KeyPair _ephemeral = KeyPair.Generate();
    private readonly byte[] _nonce = RandomNumberGenerator.GetBytes(32);
    private readonly TaskCompletionSource<LinkCode> _code = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<(byte[] NoiseKey, byte[] IdentityKey, byte[] AdvSecret)> _keys = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CompanionEphemeralIdentity? _companion;
    private byte[] _identity = [];
    private byte[] _commitment = [];

    /// <summary>What the phone shows beside its question.</summary>
    public Task<LinkCode> Code => _code.Task;
    /// <summary>What the companion sealed for the phone.</summary>
    public Task<(byte[] NoiseKey, byte[] IdentityKey, byte[] AdvSecret)> Keys => _keys.Task;
    /// <summary>The companion proved that it was asked after this pairing: the phone asks nothing.</summary>
    public bool WasProven { get; private set; }

    private string Options => JsonSerializer.Serialize(new
    {
        challenge = System.Buffers.Text.Base64Url.EncodeToString(_challenge),
        timeout = 300_000,
        rpId = "web.whatsapp.com",
        allowCredentials = Array.Empty<object>(),
        userVerification = "required",
    });

    /// <summary>Demands it; <paramref name="withOptions"/> false makes the companion ask for the options.</summary>
    public void Start(bool withOptions) => link.Send(new Node("notification", [("from", Jid.PhoneServer), ("type", "passkey_prologue_request"), ("id", "passkey-1"), ("t", server.NowText)],
        withOptions ? [new Node("passkey_request_options", [], Options)] : Array.Empty<Node>()));

    /// <summary>The answer to a question of the companion; null = not ours.</summary>
    public Node? Answer(Node iq) => iq switch
    {
        _ when iq["type"] == "get" && iq.Child("passkey_request_options") is not null => Stanzas.Answer.Result(iq, new Node("passkey_request_options", [], Options)),
        _ when iq["type"] == "get" && iq.Child("ref") is not null => Stanzas.Answer.Result(iq, new Node("ref", [], _reference)),
        _ when iq.Child("passkey_prologue") is { } prologue => Or400(iq, TakePrologue(prologue)),
        _ when iq.Child("companion_nonce") is { } nonce => Or400(iq, TakeNonce(nonce)),
        _ when iq.Child("encrypted_pairing_request") is { } request => Or400(iq, TakeKeys(request)),
        _ => null,
    };

    /// <summary>After the prologue's result: the phone's key.</summary>
    private void Continue() => link.Send(new Node("notification", [("from", Jid.PhoneServer), ("type", "crsc_continuation"), ("id", "passkey-2"), ("t", server.NowText)],
        [KeyBytes.Leaf("primary_ephemeral_identity", new PrimaryEphemeralIdentity { PublicKey = ByteString.CopyFrom(_ephemeral.PublicKey), Nonce = ByteString.CopyFrom(_nonce) }.ToByteArray())]));

    /// <summary>The companion is gone.</summary>
    public void Fail(string why)
    {
        _code.TrySetException(new PairingException(why));
        _keys.TrySetException(new PairingException(why));
        // Nobody may be looking any more.
        _ = (_code.Task.Exception, _keys.Task.Exception);
    }

    private Node Or400(Node iq, bool taken)
    {
        if (!taken)
            server.Stats.Violation($"{iq.Children[0].Tag} does not hold");
        return taken ? Stanzas.Answer.Result(iq) : Stanzas.Answer.Error(iq, 400, "bad-request");
    }

    private bool TakePrologue(Node prologue)
    {
        if (prologue.Child("credential_id")?.Bytes is not { Length: > 0 } || prologue.Child("webauthn_assertion")?.Bytes is not { } assertion || !NamesChallenge(assertion)
            || prologue.Child("prologue_payload")?.Bytes is not { } bytes)
            return false;
        if (prologue.Child("pairing_handoff_proof")?.Bytes is { } proof)
        {
            if (!proof.Span.SequenceEqual(PasskeyExchange.HandoffProof(PasskeyExchange.HandoffKey(advSecret), bytes.Span)))
                return false;
            WasProven = true;
        }
        var payload = ProloguePayload.Parser.ParseFrom(bytes.Span);
        (_identity, _commitment) = (payload.CompanionEphemeralIdentity.ToByteArray(), payload.Commitment?.Hash.ToByteArray() ?? []);
        _companion = CompanionEphemeralIdentity.Parser.ParseFrom(_identity);
        if (_companion.Ref != _reference || _companion.PublicKey.Length != 32)
            return false;
        _ = Task.Run(Continue);
        return true;
    }

    private bool TakeNonce(Node node)
    {
        if (_companion is not { } companion || KeyBytes.Exactly(node, 32) is not { } nonce || !PasskeyExchange.Commitment(_identity, nonce).AsSpan().SequenceEqual(_commitment))
            return false;
        _code.TrySetResult(PasskeyExchange.Code(nonce, _ephemeral.PublicKey, _nonce));
        return companion is not null;
    }

    private bool TakeKeys(Node node)
    {
        if (_companion is not { } companion || !_code.Task.IsCompletedSuccessfully || node.Bytes is not { } bytes)
            return false;
        try
        {
            var key = PasskeyExchange.EncryptionKey(_ephemeral, companion.PublicKey.Span, (int)companion.DeviceType, companion.Ref);
            return _keys.TrySetResult(PasskeyExchange.Open(key, bytes.Span));
        }
        catch (LinkCodeException)
        {
            return false;
        }
    }

    private bool NamesChallenge(ReadOnlyMemory<byte> assertion)
    {
        try
        {
            using var credential = JsonDocument.Parse(assertion);
            var data = System.Buffers.Text.Base64Url.DecodeFromChars(credential.RootElement.GetProperty("response").GetProperty("clientDataJSON").GetString());
            using var client = JsonDocument.Parse(data);
            return client.RootElement.GetProperty("challenge").GetString() == System.Buffers.Text.Base64Url.EncodeToString(_challenge);
        }
        catch (Exception problem) when (problem is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            return false;
        }
    }
}
