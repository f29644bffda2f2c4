using System.Buffers;
using System.Security.Cryptography;

namespace WhatsApp.Protocol.Noise;

/// <summary>
/// After split: one key and counter per direction, empty AD (wire/01 §3.6). Encrypt and Decrypt may run on different threads,
/// each on one at a time. No memory is allocated per frame.
/// </summary>
public sealed class NoiseTransport : IDisposable
{
    private const int LengthSize = 3, NonceSize = 12;
    private const ulong CounterEnd = 1UL << 32;

    private readonly AesGcm _send, _receive;
    private ulong _sent, _received;

    /// <param name="sendKey">32 bytes, wiped.</param>
    /// <param name="receiveKey">32 bytes, wiped.</param>
    /// <param name="sent">Frames already sent.</param>
    /// <param name="received">Frames already received.</param>
    internal NoiseTransport(byte[] sendKey, byte[] receiveKey, ulong sent = 0, ulong received = 0)
    {
        (_send, _receive) = (new AesGcm(sendKey, SymmetricState.TagSize), new AesGcm(receiveKey, SymmetricState.TagSize));
        (_sent, _received) = (sent, received);
        CryptographicOperations.ZeroMemory(sendKey);
        CryptographicOperations.ZeroMemory(receiveKey);
    }

    /// <summary>Bytes a frame is longer than its plaintext: length and tag.</summary>
    public const int Overhead = LengthSize + SymmetricState.TagSize;

    /// <summary>Ciphertext ‖ tag written with its 3-byte frame length in front, ready for the socket.</summary>
    /// <exception cref="ArgumentException">Longer than a frame can carry.</exception>
    /// <exception cref="NoiseException">2^32 frames were sent: close the connection.</exception>
    public void EncryptFrame(ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output)
    {
        if (plaintext.Length > FrameBuffer.LargestFrame - SymmetricState.TagSize)
            throw new ArgumentException("The plaintext is longer than a frame can carry.", nameof(plaintext));
        Span<byte> nonce = stackalloc byte[NonceSize];
        var frame = output.GetSpan(plaintext.Length + Overhead)[..(plaintext.Length + Overhead)];
        NextNonce(nonce, ref _sent);
        FrameBuffer.WriteLength(plaintext.Length + SymmetricState.TagSize, frame);
        _send.Encrypt(nonce, plaintext, frame.Slice(LengthSize, plaintext.Length), frame[^SymmetricState.TagSize..]);
        output.Advance(frame.Length);
    }

    /// <summary>Decrypts a frame's payload in place; returns the plaintext part.</summary>
    /// <exception cref="NoiseException">Does not authenticate, is shorter than a tag, or 2^32 frames were received; close the connection.</exception>
    public Memory<byte> Decrypt(Memory<byte> payload)
    {
        if (payload.Length < SymmetricState.TagSize)
            throw new NoiseException("A frame is shorter than its tag.");
        Span<byte> nonce = stackalloc byte[NonceSize];
        NextNonce(nonce, ref _received);
        var plaintext = payload[..^SymmetricState.TagSize];
        try
        {
            _receive.Decrypt(nonce, plaintext.Span, payload.Span[^SymmetricState.TagSize..], plaintext.Span);
            return plaintext;
        }
        catch (AuthenticationTagMismatchException e)
        {
            _received = CounterEnd; // the counter is lost: nothing after this frame may be read
            throw new NoiseException("A frame does not authenticate.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _send.Dispose();
        _receive.Dispose();
    }

    private static void NextNonce(Span<byte> nonce, ref ulong counter)
    {
        if (counter >= CounterEnd)
            throw new NoiseException("No frame can follow on this connection.");
        SymmetricState.WriteNonce(nonce, (uint)counter++);
    }
}
