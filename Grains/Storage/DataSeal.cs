using System.Text;
using System.Text.Json;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage;

/// <summary>
/// Seals and opens what the tables keep secret. The place of every value is <c>instance|table|key</c>, so that bytes moved to another row
/// or another instance do not open.
/// </summary>
internal sealed class DataSeal(SecretBox box)
{
    // By reflection, not generated: generated readers of init-only properties lose the defaults of properties added later.
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    public byte[] Seal(string instanceId, string table, string key, ReadOnlySpan<byte> plaintext) => box.Seal(plaintext, $"{instanceId}|{table}|{key}");
    public byte[] Open(string instanceId, string table, string key, byte[] sealedBytes) => box.Open(sealedBytes, $"{instanceId}|{table}|{key}");

    public byte[] SealDefinition(string instanceId, CreateInstance request) =>
        Seal(instanceId, "instance", "definition", JsonSerializer.SerializeToUtf8Bytes(request, _json));
    public CreateInstance OpenDefinition(string instanceId, byte[] sealedBytes) =>
        JsonSerializer.Deserialize<CreateInstance>(Open(instanceId, "instance", "definition", sealedBytes), _json)!;

    public byte[] SealCredentials(string instanceId, DeviceCredentials credentials) => Seal(instanceId, "credentials", "device", CredentialsCodec.Encode(credentials));
    public DeviceCredentials OpenCredentials(string instanceId, byte[] sealedBytes) => CredentialsCodec.Decode(Open(instanceId, "credentials", "device", sealedBytes));

    public byte[] SealSession(string instanceId, SignalAddress address, byte[] record) => Seal(instanceId, "signal_session", address.ToString(), record);
    public byte[] OpenSession(string instanceId, SignalAddress address, byte[] sealedBytes) => Open(instanceId, "signal_session", address.ToString(), sealedBytes);

    public byte[] SealSenderKey(string instanceId, SenderKeyName name, byte[] record) => Seal(instanceId, "sender_key", SenderKeyPlace(name), record);
    public byte[] OpenSenderKey(string instanceId, SenderKeyName name, byte[] sealedBytes) => Open(instanceId, "sender_key", SenderKeyPlace(name), sealedBytes);

    public byte[] SealPreKey(string instanceId, PreKey key) => Seal(instanceId, "pre_key", PreKeyPlace(key.Id), [.. key.Keys.PrivateKey, .. key.Keys.PublicKey]);
    public PreKey OpenPreKey(string instanceId, uint id, byte[] sealedBytes)
    {
        var halves = Open(instanceId, "pre_key", PreKeyPlace(id), sealedBytes);
        return new PreKey(id, new KeyPair(halves[..(halves.Length / 2)], halves[(halves.Length / 2)..]));
    }

    public byte[]? SealContent(string instanceId, string messagePlace, byte[]? content) => content is null ? null : Seal(instanceId, "message.content", messagePlace, content);
    public byte[]? OpenContent(string instanceId, string messagePlace, byte[]? sealedBytes) => sealedBytes is null ? null : Open(instanceId, "message.content", messagePlace, sealedBytes);

    public byte[]? SealSecret(string instanceId, string messagePlace, byte[]? secret) => secret is null ? null : Seal(instanceId, "message.secret", messagePlace, secret);
    public byte[]? OpenSecret(string instanceId, string messagePlace, byte[]? sealedBytes) => sealedBytes is null ? null : Open(instanceId, "message.secret", messagePlace, sealedBytes);

    public byte[] SealVote(string instanceId, string messagePlace, string voter, byte[] hashes) => Seal(instanceId, "poll_vote", $"{messagePlace}|{voter}", hashes);
    public byte[] OpenVote(string instanceId, string messagePlace, string voter, byte[] sealedBytes) => Open(instanceId, "poll_vote", $"{messagePlace}|{voter}", sealedBytes);

    public byte[]? SealPrivacyToken(string instanceId, string account, byte[]? token) => token is null ? null : Seal(instanceId, "privacy_token", account, token);
    public byte[]? OpenPrivacyToken(string instanceId, string account, byte[]? sealedBytes) => sealedBytes is null ? null : Open(instanceId, "privacy_token", account, sealedBytes);

    public byte[] SealEvent(string instanceId, string endpointId, long sequence, byte[] body) => Seal(instanceId, "outbox", $"{endpointId}|{sequence}", body);
    public byte[] OpenEvent(string instanceId, string endpointId, long sequence, byte[] sealedBytes) => Open(instanceId, "outbox", $"{endpointId}|{sequence}", sealedBytes);

    public byte[] SealAnswer(string key, byte[] body) => Seal("gateway", "idempotency_answer", key, body);
    public byte[] OpenAnswer(string key, byte[] sealedBytes) => Open("gateway", "idempotency_answer", key, sealedBytes);

    /// <summary>A known text sealed under this key: opens under the same key only.</summary>
    public byte[] SealCheck() => Seal("database", "data_key_check", "1", Encoding.ASCII.GetBytes("data key check"));

    /// <summary>True when this is the key the check was sealed under.</summary>
    public bool Matches(byte[] check)
    {
        try
        {
            Open("database", "data_key_check", "1", check);
            return true;
        }
        catch (SecretBoxException)
        {
            return false;
        }
    }

    private static string SenderKeyPlace(SenderKeyName name) => $"{name.Group}|{name.Sender}";
    private static string PreKeyPlace(uint id) => id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The key of a message row as its columns hold it.</summary>
    public static string MessagePlace(string chat, string sender, string id) => $"{chat}|{sender}|{id}";
}
