namespace WhatsApp.Protocol.Signal;

/// <summary>
/// An <c>enc type="pkmsg"</c> (wire/03 §5), as views into the received bytes:
/// <code>33 ‖ PreKeySignalMessage{ 1 preKeyId?, 2 baseKey(33), 3 identityKey(33), 4 message, 5 registrationId, 6 signedPreKeyId }</code>
/// It has no MAC of its own: nothing in it may be believed before the inner message decrypts.
/// </summary>
internal readonly ref struct PreKeyWhisperMessage
{
    /// <summary>Id of the one-time pre-key used, or null.</summary>
    public uint? PreKeyId { get; private init; }
    /// <summary>Id of the signed pre-key used.</summary>
    public uint SignedPreKeyId { get; private init; }
    /// <summary>The sender's registration id.</summary>
    public uint RegistrationId { get; private init; }
    /// <summary>Raw 32 bytes.</summary>
    public ReadOnlySpan<byte> BaseKey { get; private init; }
    /// <summary>Raw 32 bytes.</summary>
    public ReadOnlySpan<byte> IdentityKey { get; private init; }
    /// <summary>The complete inner WhisperMessage.</summary>
    public ReadOnlySpan<byte> Message { get; private init; }

    /// <summary>Parses version byte and outer protobuf.</summary>
    /// <exception cref="SignalException">Not a pkmsg of version 3.</exception>
    public static PreKeyWhisperMessage Read(ReadOnlySpan<byte> pkmsg)
    {
        SignalWire.RequireVersion(pkmsg);
        uint? preKeyId = null, signedPreKeyId = null;
        uint registrationId = 0;
        ReadOnlySpan<byte> baseKey = default, identityKey = default, message = default;
        var reader = new ProtobufReader(pkmsg[1..]);
        for (var field = reader.NextField(); field != 0; field = reader.NextField())
            switch (field)
            {
                case 1: preKeyId = reader.ReadUInt32(); break;
                case 2: baseKey = reader.ReadBytes(); break;
                case 3: identityKey = reader.ReadBytes(); break;
                case 4: message = reader.ReadBytes(); break;
                case 5: registrationId = reader.ReadUInt32(); break;
                case 6: signedPreKeyId = reader.ReadUInt32(); break;
                default: reader.Skip(); break;
            }
        if (baseKey.IsEmpty || identityKey.IsEmpty || message.IsEmpty || signedPreKeyId is null)
            throw new SignalException(RetryReason.InvalidMessage, "The pre-key message lacks a field.");
        return new PreKeyWhisperMessage
        {
            PreKeyId = preKeyId,
            SignedPreKeyId = signedPreKeyId.Value,
            RegistrationId = registrationId,
            BaseKey = SignalWire.RawKey(baseKey),
            IdentityKey = SignalWire.RawKey(identityKey),
            Message = message,
        };
    }

    /// <summary>Length of a pkmsg round an inner message.</summary>
    public static int SizeOf(PendingPreKey pending, uint registrationId, int messageLength) =>
        1 + (pending.PreKeyId is { } id ? ProtobufWriter.SizeOf(id) : 0) + (2 * ProtobufWriter.SizeOfBytes(SignalWire.KeySize))
        + ProtobufWriter.SizeOfBytes(messageLength) + ProtobufWriter.SizeOf(registrationId) + ProtobufWriter.SizeOf(pending.SignedPreKeyId);

    /// <summary>Writes everything but the inner message into a buffer of <see cref="SizeOf"/> bytes.</summary>
    /// <returns>Where the inner message belongs.</returns>
    public static Span<byte> Write(
        Span<byte> destination, PendingPreKey pending, ReadOnlySpan<byte> baseKey, ReadOnlySpan<byte> identityKey, uint registrationId, int messageLength)
    {
        destination[0] = SignalWire.Version;
        var writer = new ProtobufWriter(destination[1..]);
        if (pending.PreKeyId is { } id)
            writer.Write(1, id);
        writer.WriteKey(2, baseKey);
        writer.WriteKey(3, identityKey);
        var message = writer.Reserve(4, messageLength);
        writer.Write(5, registrationId);
        writer.Write(6, pending.SignedPreKeyId);
        return message;
    }
}

/// <summary>The outer fields of a pkmsg, to know what to load before decrypting. Keys raw 32.</summary>
public readonly record struct PreKeyMessageHeader(uint? PreKeyId, uint SignedPreKeyId, uint RegistrationId, byte[] BaseKey, byte[] IdentityKey)
{
    /// <summary>Parses version byte and outer protobuf.</summary>
    /// <exception cref="SignalException">Not a pkmsg.</exception>
    public static PreKeyMessageHeader Read(ReadOnlySpan<byte> pkmsg)
    {
        var message = PreKeyWhisperMessage.Read(pkmsg);
        return new(message.PreKeyId, message.SignedPreKeyId, message.RegistrationId, message.BaseKey.ToArray(), message.IdentityKey.ToArray());
    }
}
