using System.Buffers;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Noise;

/// <summary>
/// One part of <c>HandshakeMessage { clientHello = 2; serverHello = 3; clientFinish = 4 }</c> (wire/01 §3.2). Hellos have
/// ephemeral = 1, static = 2, payload = 3; the finish has static = 1, payload = 2. Null = absent; the other fields belong to a
/// post-quantum variant nobody speaks and are skipped.
/// </summary>
internal sealed record HandshakePart(byte[]? Ephemeral, byte[]? Static, byte[]? Payload)
{
    /// <summary>The ephemeral key.</summary>
    /// <exception cref="NoiseException">Absent or not 32 bytes.</exception>
    internal byte[] RequireEphemeral() =>
        Ephemeral is { Length: Curve25519.KeySize } ? Ephemeral : throw new NoiseException("A hello has no 32-byte ephemeral key.");

    /// <exception cref="NoiseException">Absent.</exception>
    internal byte[] RequireStatic() => Static ?? throw new NoiseException("A handshake message lacks the static key.");

    /// <exception cref="NoiseException">Absent.</exception>
    internal byte[] RequirePayload() => Payload ?? throw new NoiseException("A handshake message lacks the payload.");
}

/// <summary>Encodes and decodes the three handshake messages.</summary>
internal static class HandshakeMessages
{
    private const int ClientHelloField = 2, ServerHelloField = 3, ClientFinishField = 4;

    internal static byte[] ClientHello(HandshakePart hello) => Encode(ClientHelloField, hello);

    internal static byte[] ServerHello(HandshakePart hello) => Encode(ServerHelloField, hello);

    internal static byte[] ClientFinish(HandshakePart finish) => Encode(ClientFinishField, finish);

    /// <exception cref="NoiseException">Not a client hello.</exception>
    internal static HandshakePart ReadClientHello(ReadOnlySpan<byte> message) => Decode(message, ClientHelloField);

    /// <exception cref="NoiseException">Not a server hello.</exception>
    internal static HandshakePart ReadServerHello(ReadOnlySpan<byte> message) => Decode(message, ServerHelloField);

    /// <exception cref="NoiseException">Not a client finish.</exception>
    internal static HandshakePart ReadClientFinish(ReadOnlySpan<byte> message) => Decode(message, ClientFinishField);

    private static byte[] Encode(int kind, HandshakePart part)
    {
        var inner = new ArrayBufferWriter<byte>();
        var field = kind == ClientFinishField ? 0 : 1;
        if (part.Ephemeral is not null)
            ProtoFields.Write(inner, field, part.Ephemeral);
        if (part.Static is not null)
            ProtoFields.Write(inner, field + 1, part.Static);
        if (part.Payload is not null)
            ProtoFields.Write(inner, field + 2, part.Payload);
        var message = new ArrayBufferWriter<byte>();
        ProtoFields.Write(message, kind, inner.WrittenSpan);
        return message.WrittenSpan.ToArray();
    }

    private static HandshakePart Decode(ReadOnlySpan<byte> message, int kind)
    {
        HandshakePart? part = null;
        var outer = new ProtoFields(message);
        while (outer.Next())
            if (outer.Field == kind)
                part = DecodePart(outer.Bytes, kind == ClientFinishField ? 0 : 1);
        return part ?? throw new NoiseException("Not the handshake message expected now.");
    }

    private static HandshakePart DecodePart(ReadOnlySpan<byte> inner, int ephemeralField)
    {
        byte[]? ephemeral = null, key = null, payload = null;
        var fields = new ProtoFields(inner);
        while (fields.Next())
        {
            if (fields.Bytes.IsEmpty)
                continue; // an empty key or payload is as good as none, and so is a number where bytes belong
            if (fields.Field == ephemeralField)
                ephemeral = fields.Bytes.ToArray();
            else if (fields.Field == ephemeralField + 1)
                key = fields.Bytes.ToArray();
            else if (fields.Field == ephemeralField + 2)
                payload = fields.Bytes.ToArray();
        }
        return new HandshakePart(ephemeral, key, payload);
    }
}
