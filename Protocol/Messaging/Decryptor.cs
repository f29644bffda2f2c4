using System.Security.Cryptography;
using Google.Protobuf;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Messaging.Groups;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Messaging;

/// <summary>One decrypted content.</summary>
/// <param name="Plaintext">Encoded Message, unpadded.</param>
/// <param name="Message">The same, parsed.</param>
internal sealed record DecryptedContent(byte[] Plaintext, Schema.Message Message);

/// <summary>What came of a message's ciphertexts.</summary>
/// <param name="Contents">Readable contents, in order.</param>
/// <param name="Failure">The first reason why a part could not be decrypted.</param>
/// <param name="Duplicate">A part was decrypted before.</param>
/// <param name="Malformed">A part decrypted to something that is no Message.</param>
/// <param name="MissingSecret">A bot's answer without its prompt.</param>
internal sealed record DecryptionResult(IReadOnlyList<DecryptedContent> Contents, RetryReason? Failure, bool Duplicate, bool Malformed, bool MissingSecret);

/// <summary>
/// Decrypts the ciphertexts of one message against the step's sessions and sender keys (wire/04 §8.2, wire/03 §6, §11). Synchronous;
/// the ratchet moves on in the step even when the content turns out to be unreadable.
/// </summary>
internal static class Decryptor
{
    /// <summary>Tries every part, in document order.</summary>
    public static DecryptionResult Decrypt(StepView view, IncomingMessage message)
    {
        List<DecryptedContent> contents = [];
        RetryReason? failure = null;
        var (duplicate, malformed, missingSecret) = (false, false, false);
        var address = view.Lids.AddressOf(message.Author);
        foreach (var part in message.Parts)
            try
            {
                switch (part.Type)
                {
                    case "pkmsg" or "msg":
                        contents.Add(Read(DecryptPair(view, address, part)));
                        GroupCiphers.TakeKey(view, message, contents[^1].Message);
                        break;
                    case "skmsg":
                        contents.Add(Read(GroupCiphers.Decrypt(view, message, part)));
                        break;
                    case "msmsg":
                        missingSecret = true;
                        break;
                    default:
                        failure ??= RetryReason.InvalidMessage;
                        break;
                }
            }
            catch (DuplicateMessageException)
            {
                duplicate = true;
            }
            catch (SignalException error)
            {
                failure ??= error.Reason;
            }
            catch (InvalidProtocolBufferException)
            {
                malformed = true;
            }
            catch (Exception error) when (error is CryptographicException or InvalidPublicKeyException or ArgumentException)
            {
                failure ??= RetryReason.InvalidMessage;
            }
        return new DecryptionResult(contents, failure, duplicate, malformed, missingSecret);
    }

    private static DecryptedContent Read(byte[] padded)
    {
        var plaintext = MessagePadding.Unpad(padded).ToArray();
        return new DecryptedContent(plaintext, Schema.Message.Parser.ParseFrom(plaintext));
    }

    /// <summary>The pre-key ids that the pkmsgs of a message name; unreadable ones are left to decryption.</summary>
    public static IEnumerable<uint> PreKeyIds(IncomingMessage message)
    {
        foreach (var part in message.Parts)
            if (part.Type == "pkmsg" && TryReadHeader(part, out var header) && header.PreKeyId is { } id)
                yield return id;
    }

    private static bool TryReadHeader(EncryptedPart part, out PreKeyMessageHeader header)
    {
        try
        {
            header = PreKeyMessageHeader.Read(part.Bytes.Span);
            return true;
        }
        catch (SignalException)
        {
            header = default;
            return false;
        }
    }

    private static byte[] DecryptPair(StepView view, SignalAddress address, EncryptedPart part)
    {
        var identity = view.Credentials.Identity;
        var session = view.Sessions.Find(address);
        if (part.Type == "msg")
        {
            var known = session ?? throw new SignalException(RetryReason.NoSession, "no session");
            var read = SessionCipher.DecryptMessage(known, identity, part.Bytes.Span);
            view.Sessions.Set(address, read.Next);
            return read.Plaintext;
        }
        var trusted = view.Sessions.Identity(address);
        var changed = trusted is not null && !trusted.AsSpan().SequenceEqual(PreKeyMessageHeader.Read(part.Bytes.Span).IdentityKey);
        // A new identity replaces everything that belonged to the old one.
        var opened = SessionCipher.DecryptPreKeyMessage(changed || session is null ? SessionRecord.Empty : session, identity, part.Bytes.Span,
            id => view.Credentials.SignedPreKeys.FirstOrDefault(key => key.Id == id), view.PreKeys.Find);
        view.Sessions.Set(address, opened.Next);
        if (changed)
            view.Step.Batch.ForgottenSenderKeyDevices.Add(address); // whoever he is now, he has none of our keys
        if (changed || trusted is null)
            view.Sessions.SetIdentity(address, opened.RemoteIdentity);
        if (opened.UsedPreKeyId is { } used)
            view.PreKeys.Remove(used);
        return opened.Plaintext;
    }
}
