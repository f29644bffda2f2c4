namespace WhatsApp.Protocol.Signal.SenderKeys;

/// <summary>
/// Our storage format of a sender-key record, version 1. Numbers big endian, keys raw 32 bytes:
/// <code>
/// record = 01 ‖ states(1: 0…5) ‖ state…                                    newest first
/// state  = own(1: 0|1) ‖ keyId(4) ‖ signingPublic ‖ [signingPrivate] ‖ first(4) ‖ chain
/// chain  = chainKey ‖ next(4) ‖ skipped(2: 0…2000) ‖ { counter(4) ‖ seed(32) }…
/// </code>
/// </summary>
internal static class SenderKeyRecordCodec
{
    private const byte FormatVersion = 1;
    private const int HeaderSize = 2;
    private const int StateSize = 1 + 4 + SignalWire.RawKeySize + 4;

    public static byte[] Write(SenderKeyRecord record)
    {
        var bytes = new byte[HeaderSize + record.States.Sum(SizeOf)];
        var writer = new RecordWriter(bytes);
        writer.Byte(FormatVersion);
        writer.Byte((byte)record.States.Length);
        foreach (var state in record.States)
        {
            writer.Byte(state.SigningPrivate is null ? (byte)0 : (byte)1);
            writer.UInt32(state.KeyId);
            writer.Bytes(state.SigningKey);
            writer.Bytes(state.SigningPrivate);
            writer.UInt32(state.First);
            writer.Chain(state.Messages);
        }
        return bytes;
    }

    /// <exception cref="SignalException">Not a record of this version.</exception>
    public static SenderKeyRecord Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader(bytes);
        if (reader.Byte() != FormatVersion)
            throw RecordReader.Unreadable();
        var states = new SenderKeyState[reader.Byte(max: SignalLimits.SenderKeyStates)];
        for (var i = 0; i < states.Length; i++)
        {
            var own = reader.Byte(max: 1) == 1;
            states[i] = new SenderKeyState(reader.UInt32(), reader.Key(), own ? reader.Key() : null, reader.UInt32(), reader.Chain());
            if (states[i].First > states[i].Messages.Next)
                throw RecordReader.Unreadable();
        }
        if (!reader.AtEnd)
            throw RecordReader.Unreadable();
        return new SenderKeyRecord(states);
    }

    private static int SizeOf(SenderKeyState state) =>
        StateSize + (state.SigningPrivate is null ? 0 : SignalWire.RawKeySize) + RecordWriter.SizeOf(state.Messages);
}
