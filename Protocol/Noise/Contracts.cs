using System.Buffers;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Noise;

/// <summary>The handshake failed: bad MAC, bad message, wrong order.</summary>
public class NoiseException(string message, Exception? inner = null) : Exception(message, inner);
/// <summary>The server's certificate chain is not good.</summary>
public sealed class CertificateRejectedException(string message) : NoiseException(message);

/// <summary>The first bytes of a connection (wire/01 §2.1-2.2): optional ED routing prefix, then 57 41 06 DV.</summary>
public static class Prologue
{
    /// <summary>What a client writes first. <paramref name="routingInfo"/> empty = no prefix.</summary>
    public static byte[] Write(byte dictionaryVersion, ReadOnlySpan<byte> routingInfo) => throw new NotImplementedException();
    /// <summary>The four bytes mixed into the handshake hash.</summary>
    public static byte[] Header(byte dictionaryVersion) => [0x57, 0x41, 0x06, dictionaryVersion];
    /// <summary>Server side. False = need more bytes. <paramref name="consumed"/> counts prefix and header.</summary>
    /// <exception cref="NoiseException">Not a WhatsApp prologue.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out byte dictionaryVersion, out byte[]? routingInfo, out int consumed) => throw new NotImplementedException();
}

/// <summary>Cuts a byte stream into frames (3-byte length + payload) whatever the split of the stream (wire/01 §2.3). Not thread-safe.</summary>
public sealed class FrameBuffer
{
    /// <param name="maxFrame">Largest payload accepted, bytes.</param>
    public FrameBuffer(int maxFrame = 0xFFFFFF) => throw new NotImplementedException();
    /// <summary>Adds received bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => throw new NotImplementedException();
    /// <summary>The next whole frame's payload; valid until the next call on this object.</summary>
    /// <exception cref="NoiseException">A frame longer than the limit.</exception>
    public bool TryRead(out Memory<byte> payload) => throw new NotImplementedException();
    /// <summary>Bytes buffered and not yet read.</summary>
    public int Buffered => throw new NotImplementedException();
    /// <summary>The 3-byte length followed by the payload.</summary>
    public static void Write(ReadOnlySpan<byte> payload, IBufferWriter<byte> output) => throw new NotImplementedException();
}

/// <summary>Client side of XX, IK and XXfallback (wire/01 §3). One object per connection.</summary>
public sealed class ClientHandshake
{
    /// <param name="staticKey">The client's long-lived noise key.</param>
    /// <param name="ephemeralKey">Fresh for this connection.</param>
    /// <param name="dictionaryVersion">Goes into the handshake hash.</param>
    /// <param name="clientPayload">Encoded ClientPayload, encrypted on the way.</param>
    /// <param name="roots">Trusted roots and the time to check validity at.</param>
    /// <param name="knownServerStatic">If given, starts with IK; falls back to XXfallback when the server says so.</param>
    public ClientHandshake(KeyPair staticKey, KeyPair ephemeralKey, byte dictionaryVersion, ReadOnlyMemory<byte> clientPayload,
        CertificateValidator roots, byte[]? knownServerStatic = null) => throw new NotImplementedException();
    /// <summary>First message (encoded HandshakeMessage, to be framed).</summary>
    public byte[] Start() => throw new NotImplementedException();
    /// <summary>Takes the server hello. Returns the client finish to send (XX, XXfallback) or null (IK); then <see cref="Transport"/> is ready.</summary>
    /// <exception cref="NoiseException">Bad message or certificate; the connection must be closed.</exception>
    public byte[]? ReadServerHello(ReadOnlySpan<byte> message) => throw new NotImplementedException();
    /// <summary>Ready after <see cref="ReadServerHello"/>.</summary>
    public NoiseTransport Transport => throw new NotImplementedException();
    /// <summary>The server's static key, 32 bytes: keep it for IK.</summary>
    public byte[] ServerStatic => throw new NotImplementedException();
    /// <summary>True when an IK start ended in XXfallback.</summary>
    public bool FellBack => throw new NotImplementedException();
}

/// <summary>Server side (sandbox): XX, IK when the hello fits our static key, XXfallback otherwise.</summary>
public sealed class ServerHandshake
{
    /// <param name="staticKey">The server's static key (the leaf certificate's key).</param>
    /// <param name="ephemeralKey">Fresh for this connection.</param>
    /// <param name="dictionaryVersion">The version the client announced.</param>
    /// <param name="certificateChain">Encoded CertChain.</param>
    public ServerHandshake(KeyPair staticKey, KeyPair ephemeralKey, byte dictionaryVersion, byte[] certificateChain) => throw new NotImplementedException();
    /// <summary>Takes the client hello; returns the server hello to send. After IK <see cref="IsComplete"/> is true.</summary>
    public byte[] ReadClientHello(ReadOnlySpan<byte> message) => throw new NotImplementedException();
    /// <summary>Takes the client finish (XX, XXfallback).</summary>
    public void ReadClientFinish(ReadOnlySpan<byte> message) => throw new NotImplementedException();
    /// <summary>True when transport, client key and payload are known.</summary>
    public bool IsComplete => throw new NotImplementedException();
    /// <summary>The client's noise public key, 32 bytes.</summary>
    public byte[] ClientStatic => throw new NotImplementedException();
    /// <summary>Decrypted ClientPayload bytes.</summary>
    public byte[] ClientPayload => throw new NotImplementedException();
    /// <summary>Ready when complete.</summary>
    public NoiseTransport Transport => throw new NotImplementedException();
}

/// <summary>After split: one key and counter per direction, empty AD (wire/01 §3.6). Encrypt and Decrypt may run on different threads, each on one at a time.</summary>
public sealed class NoiseTransport : IDisposable
{
    /// <summary>Ciphertext ‖ tag written with its 3-byte frame length in front, ready for the socket.</summary>
    public void EncryptFrame(ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output) => throw new NotImplementedException();
    /// <summary>Decrypts a frame's payload in place; returns the plaintext part.</summary>
    /// <exception cref="NoiseException">Does not authenticate; close the connection.</exception>
    public Memory<byte> Decrypt(Memory<byte> payload) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void Dispose() { }
}

/// <summary>Checks the chain of wire/01 §3.7, rules 1-7.</summary>
public sealed class CertificateValidator
{
    /// <summary>Production root public key, 32 bytes.</summary>
    public static ReadOnlySpan<byte> ProductionRoot => throw new NotImplementedException();
    /// <param name="rootKey">Root public key, 32 bytes.</param>
    /// <param name="time">Clock for notBefore/notAfter.</param>
    public CertificateValidator(ReadOnlySpan<byte> rootKey, TimeProvider time) => throw new NotImplementedException();
    /// <summary>Returns when all rules hold.</summary>
    /// <exception cref="CertificateRejectedException">Names the rule that failed.</exception>
    public void Validate(ReadOnlySpan<byte> certificateChain, ReadOnlySpan<byte> serverStatic) => throw new NotImplementedException();
}

/// <summary>Makes a chain under an own root (sandbox, tests).</summary>
public static class CertificateIssuer
{
    /// <summary>Encoded CertChain: intermediate serial 1 issuer 0, leaf serial 2 issuer 1 with <paramref name="serverStatic"/> as key.</summary>
    public static byte[] Issue(KeyPair root, KeyPair intermediate, ReadOnlySpan<byte> serverStatic, DateTimeOffset notBefore, DateTimeOffset notAfter) => throw new NotImplementedException();
}
