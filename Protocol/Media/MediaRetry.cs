using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Media;

/// <summary>How a phone answered the wish to upload a file again.</summary>
public enum MediaRetryResult
{
    /// <summary>The phone failed for a reason of its own.</summary>
    GeneralError = 0,
    /// <summary>There is a new direct path.</summary>
    Success = 1,
    /// <summary>The phone no longer has the file.</summary>
    NotFound = 2,
    /// <summary>The phone could not read our request.</summary>
    DecryptionError = 3,
}

/// <summary>The phone's answer. The media key and the hashes stay those of the message.</summary>
/// <param name="MessageId">The message whose file was asked for.</param>
/// <param name="Result">What came of it.</param>
/// <param name="DirectPath">Where the file is now, on success.</param>
public sealed record MediaRetryAnswer(string MessageId, MediaRetryResult Result, string? DirectPath);

/// <summary>The answer to a media retry does not open or is not for the message it names.</summary>
public sealed class MediaRetryException(string message) : Exception(message);

/// <summary>
/// Asks our own phone to upload a file that left the CDN (wire/05 §5). Sealed with AES-256-GCM under
/// HKDF-SHA256(mediaKey, info "WhatsApp Media Retry Notification"); associated data is the message id.
/// <code>
/// &lt;receipt id=MESSAGE to=OWN type="server-error"&gt;&lt;encrypt&gt;&lt;enc_p/&gt;&lt;enc_iv/&gt;&lt;/encrypt&gt;&lt;rmr jid=CHAT from_me [participant]/&gt;&lt;/receipt&gt;
/// &lt;notification id=MESSAGE type="mediaretry" from=OWN&gt;&lt;rmr/&gt;(&lt;encrypt&gt;…&lt;/encrypt&gt; | &lt;error code/&gt;)&lt;/notification&gt;
/// </code>
/// </summary>
public static class MediaRetry
{
    private const string KeyInfo = "WhatsApp Media Retry Notification";
    private const int IvSize = 12;
    private const int TagSize = 16;
    private const int MaxAnswer = 64 * 1024;

    /// <summary>The request for a message's file.</summary>
    /// <param name="messageId">The message.</param>
    /// <param name="mediaKey">Its media key, 32 bytes.</param>
    /// <param name="own">Our account, LID form when known.</param>
    /// <param name="chat">The chat.</param>
    /// <param name="fromMe">We sent the message.</param>
    /// <param name="participant">The author, in groups and lists.</param>
    public static Node Request(string messageId, ReadOnlySpan<byte> mediaKey, Jid own, Jid chat, bool fromMe, Jid? participant) =>
        Receipt(messageId, mediaKey, own, null, new Node("rmr",
            ("jid", chat.ToString()), ("from_me", fromMe ? "true" : "false"), ("participant", participant?.ToAccount().ToString())));

    /// <summary>The request for a history sync blob: <c>category="peer"</c> and no <c>rmr</c>.</summary>
    public static Node HistoryRequest(string messageId, ReadOnlySpan<byte> mediaKey, Jid own) => Receipt(messageId, mediaKey, own, "peer", null);

    /// <summary>True for the notification that answers.</summary>
    public static bool IsAnswer(Node stanza) => stanza.Tag == "notification" && stanza["type"] == "mediaretry";

    /// <summary>Reads the answer.</summary>
    /// <param name="notification">The whole stanza.</param>
    /// <param name="mediaKey">Of the message with the notification's id.</param>
    /// <exception cref="MediaRetryException">Malformed, changed, or for another message.</exception>
    public static MediaRetryAnswer Read(Node notification, ReadOnlySpan<byte> mediaKey)
    {
        var id = notification["id"] ?? throw new MediaRetryException("The answer names no message.");
        if (notification.Child("error") is { } error)
            return new MediaRetryAnswer(id, ResultOf(error["code"]), null);
        var encrypt = notification.Child("encrypt");
        if (encrypt?.Child("enc_p")?.Bytes is not { Length: >= TagSize and <= MaxAnswer } payload || encrypt.Child("enc_iv")?.Bytes is not { Length: IvSize } iv)
            throw new MediaRetryException("The answer holds neither a result nor an error.");
        MediaRetryNotification answer;
        try
        {
            answer = MediaRetryNotification.Parser.ParseFrom(Open(mediaKey, id, iv.Span, payload.Span));
        }
        catch (InvalidProtocolBufferException)
        {
            throw new MediaRetryException("The answer is not a retry notification.");
        }
        if (answer.StanzaId != id)
            throw new MediaRetryException("The answer is for another message.");
        var result = answer.HasResult && Enum.IsDefined((MediaRetryResult)answer.Result) ? (MediaRetryResult)answer.Result : MediaRetryResult.GeneralError;
        return result == MediaRetryResult.Success && answer.DirectPath.Length == 0
            ? new MediaRetryAnswer(id, MediaRetryResult.GeneralError, null)
            : new MediaRetryAnswer(id, result, answer.HasDirectPath ? answer.DirectPath : null);
    }

    /// <summary>Key of request and answer, 32 bytes.</summary>
    internal static byte[] KeyOf(ReadOnlySpan<byte> mediaKey)
    {
        var key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, mediaKey, key, [], Encoding.ASCII.GetBytes(KeyInfo));
        return key;
    }

    /// <summary>ciphertext ‖ tag.</summary>
    internal static byte[] Seal(ReadOnlySpan<byte> mediaKey, string messageId, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> plaintext)
    {
        var key = KeyOf(mediaKey);
        using var cipher = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        var output = new byte[plaintext.Length + TagSize];
        cipher.Encrypt(iv, plaintext, output.AsSpan(0, plaintext.Length), output.AsSpan(plaintext.Length), Encoding.UTF8.GetBytes(messageId));
        return output;
    }

    /// <exception cref="MediaRetryException">Another key or message, or changed bytes.</exception>
    internal static byte[] Open(ReadOnlySpan<byte> mediaKey, string messageId, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> payload)
    {
        var key = KeyOf(mediaKey);
        using var cipher = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        var plaintext = new byte[payload.Length - TagSize];
        try
        {
            cipher.Decrypt(iv, payload[..^TagSize], payload[^TagSize..], plaintext, Encoding.UTF8.GetBytes(messageId));
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new MediaRetryException("The answer does not open.");
        }
        return plaintext;
    }

    private static Node Receipt(string messageId, ReadOnlySpan<byte> mediaKey, Jid own, string? category, Node? rmr)
    {
        var iv = RandomNumberGenerator.GetBytes(IvSize);
        var sealedRequest = Seal(mediaKey, messageId, iv, new ServerErrorReceipt { StanzaId = messageId }.ToByteArray());
        List<Node> children = [new("encrypt", [], [new Node("enc_p", [], sealedRequest), new Node("enc_iv", [], iv)])];
        if (rmr is not null)
            children.Add(rmr);
        return new Node("receipt", [("id", messageId), ("to", own.ToAccount().ToString()), ("type", "server-error"), ("category", category)], children);
    }

    private static MediaRetryResult ResultOf(string? code) =>
        int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Enum.IsDefined((MediaRetryResult)number) && number != 1
            ? (MediaRetryResult)number
            : MediaRetryResult.GeneralError;
}
