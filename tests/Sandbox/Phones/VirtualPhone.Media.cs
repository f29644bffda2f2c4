using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Schema;
using WhatsApp.Sandbox.Media;

namespace WhatsApp.Sandbox.Phones;

/// <summary>Files of messages: reading them, and uploading them again for a companion that asks (wire/05 §4, §5).</summary>
public sealed partial class VirtualPhone
{
    private const string RetryInfo = "WhatsApp Media Retry Notification";

    /// <summary>The phone still has the files of its messages: it can upload them again. Off: it answers "not found".</summary>
    public bool KeepsMedia { get; set; } = true;

    /// <summary>Answer such requests at all. Off: as a phone that is switched off.</summary>
    public bool AnswersMediaRetries { get; set; } = true;

    /// <summary>Fetches, checks and decrypts the file of a message.</summary>
    /// <exception cref="PhoneException">No such message or no file in it, the file is not on the hosts, or a check failed.</exception>
    public async Task<byte[]> ReadMediaAsync(string messageId, CancellationToken cancellationToken = default)
    {
        using var plaintext = new MemoryStream();
        await CopyMediaAsync(messageId, plaintext, cancellationToken);
        return plaintext.ToArray();
    }

    /// <summary>As <see cref="ReadMediaAsync"/>, into a stream and in constant memory; worthless unless it returns.</summary>
    public async Task CopyMediaAsync(string messageId, Stream target, CancellationToken cancellationToken = default)
    {
        var media = MediaOf(messageId) ?? throw new PhoneException("no such message, or no file in it");
        if (media is not { MediaKey: { } key, FileEncSha256: { } hash, FileSha256: { } plain })
            throw new PhoneException("the message does not say enough to read its file");
        var path = (media.DirectPath ?? "").Split('?')[0];
        if (_server.Media.FindByPath(path) is not { IsComplete: true } file)
            throw new PhoneException("the file is not on the media hosts");
        await using var disk = new FileStream(file.DiskPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.Asynchronous);
        try
        {
            var length = await MediaCipher.DecryptAsync(disk, target, key, media.Type, plain, hash, cancellationToken);
            if (length != media.FileLength)
                throw new PhoneException("the file has another length than the message says");
        }
        catch (MediaDamagedException damaged)
        {
            throw new PhoneException("the file is damaged: " + damaged.Damage);
        }
    }

    private MediaDescriptor? MediaOf(string messageId) =>
        Messages.FirstOrDefault(message => message.MessageId == messageId) is { } received ? MediaDescriptor.Of(received.Inner)
        : _sent.TryGetValue(messageId, out var sent) ? MediaDescriptor.Of(PhoneContext.Unwrap(sent.Content)) : null;

    /// <summary>A companion asks for a file that left the hosts: <c>&lt;receipt type="server-error"&gt;&lt;encrypt/&gt;&lt;rmr/&gt;&lt;/receipt&gt;</c></summary>
    private void UploadAgain(Node receipt, string id, Jid from)
    {
        if (!AnswersMediaRetries || _server.Accounts.FindDevice(from) is not { } device || device.Account != _account)
            return;
        var rmr = receipt.Child("rmr");
        if (MediaOf(id) is not { MediaKey: { } key, FileEncSha256: { } hash } media)
        {
            _server.Notifications.MediaRetry(device, from, id, rmr, new Node("error", ("code", "2")));
            return;
        }
        var retryKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 32, [], Encoding.ASCII.GetBytes(RetryInfo));
        var answer = !IsRequest(receipt, id, retryKey) ? new MediaRetryNotification { StanzaId = id, Result = MediaRetryNotification.Types.ResultType.DecryptionError }
            : KeepsMedia && _server.Media.Renew(hash, media.Type.MmsType) is { DirectPath: { } path }
                ? new MediaRetryNotification { StanzaId = id, Result = MediaRetryNotification.Types.ResultType.Success, DirectPath = path + MediaHost.Query(_server) }
                : new MediaRetryNotification { StanzaId = id, Result = MediaRetryNotification.Types.ResultType.NotFound };
        var iv = RandomNumberGenerator.GetBytes(12);
        var plain = answer.ToByteArray();
        var sealedAnswer = new byte[plain.Length + 16];
        using (var cipher = new AesGcm(retryKey, 16))
            cipher.Encrypt(iv, plain, sealedAnswer.AsSpan(0, plain.Length), sealedAnswer.AsSpan(plain.Length), Encoding.UTF8.GetBytes(id));
        _server.Notifications.MediaRetry(device, from, id, rmr, new Node("encrypt", [], [new Node("enc_p", [], sealedAnswer), new Node("enc_iv", [], iv)]));
    }

    private bool IsRequest(Node receipt, string id, byte[] key)
    {
        var encrypt = receipt.Child("encrypt");
        if (encrypt?.Child("enc_p")?.Bytes is not { Length: > 16 } payload || encrypt.Child("enc_iv")?.Bytes is not { Length: 12 } iv)
            return false;
        var plain = new byte[payload.Length - 16];
        try
        {
            using var cipher = new AesGcm(key, 16);
            cipher.Decrypt(iv.Span, payload.Span[..^16], payload.Span[^16..], plain, Encoding.UTF8.GetBytes(id));
            return ServerErrorReceipt.Parser.ParseFrom(plain).StanzaId == id;
        }
        catch (Exception problem) when (problem is AuthenticationTagMismatchException or InvalidProtocolBufferException)
        {
            _server.Stats.Violation($"a media retry request of {PhoneNumber} does not open");
            return false;
        }
    }
}
