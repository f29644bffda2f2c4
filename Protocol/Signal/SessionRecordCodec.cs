using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal;

/// <summary>
/// Our storage format of a session record, version 1. Numbers big endian, keys raw 32 bytes:
/// <code>
/// record = 01 ‖ hasCurrent(1: 0|1) ‖ archived(1: 0…40) ‖ state…            current first, then the archive, newest first
/// state  = flags(1: 1 pending, 2 pending one-time id) ‖ remoteIdentity ‖ remoteRegistrationId(4) ‖ baseKey ‖ rootKey ‖ previousCounter(4)
///          ‖ ratchetPrivate ‖ ratchetPublic ‖ chainKey ‖ next(4) ‖ [signedPreKeyId(4)] ‖ [preKeyId(4)] ‖ chains(1: 0…5) ‖ chain…
/// chain  = ratchetKey ‖ chainKey ‖ next(4) ‖ skipped(2: 0…2000) ‖ { counter(4) ‖ seed(32) }…    counters ascending, below next
/// </code>
/// </summary>
internal static class SessionRecordCodec
{
    private const byte FormatVersion = 1;
    private const int HeaderSize = 3;
    private const int Key = SignalWire.RawKeySize;
    private const int StateSize = 1 + (6 * Key) + (3 * 4) + 1;
    private const byte HasPending = 1;
    private const byte HasPendingPreKeyId = 2;

    public static byte[] Write(SessionRecord record)
    {
        var size = HeaderSize;
        for (var i = 0; i < record.StateCount; i++)
            size += SizeOf(record.State(i));
        var bytes = new byte[size];
        var writer = new RecordWriter(bytes);
        writer.Byte(FormatVersion);
        writer.Byte(record.HasCurrent ? (byte)1 : (byte)0);
        writer.Byte((byte)record.Archive.Length);
        for (var i = 0; i < record.StateCount; i++)
            WriteState(ref writer, record.State(i));
        return bytes;
    }

    /// <exception cref="SignalException">Not a record of this version.</exception>
    public static SessionRecord Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader(bytes);
        if (reader.Byte() != FormatVersion)
            throw RecordReader.Unreadable();
        var hasCurrent = reader.Byte(max: 1) == 1;
        var archived = reader.Byte(max: SignalLimits.ArchivedStates);
        var current = hasCurrent ? ReadState(ref reader) : null;
        var archive = new SessionState[archived];
        for (var i = 0; i < archived; i++)
            archive[i] = ReadState(ref reader);
        if (!reader.AtEnd)
            throw RecordReader.Unreadable();
        return new SessionRecord(current, archive);
    }

    private static int SizeOf(SessionState state)
    {
        var size = StateSize + (state.Pending is null ? 0 : state.Pending.PreKeyId is null ? 4 : 8);
        foreach (var chain in state.Receiving)
            size += Key + RecordWriter.SizeOf(chain.Messages);
        return size;
    }

    private static void WriteState(ref RecordWriter writer, SessionState state)
    {
        writer.Byte((byte)(state.Pending is null ? 0 : state.Pending.PreKeyId is null ? HasPending : HasPending | HasPendingPreKeyId));
        writer.Bytes(state.RemoteIdentity);
        writer.UInt32(state.RemoteRegistrationId);
        writer.Bytes(state.BaseKey);
        writer.Bytes(state.RootKey);
        writer.UInt32(state.PreviousCounter);
        writer.Bytes(state.Sending.Ratchet.PrivateKey);
        writer.Bytes(state.Sending.Ratchet.PublicKey);
        writer.Bytes(state.Sending.ChainKey);
        writer.UInt32(state.Sending.Next);
        if (state.Pending is { } pending)
        {
            writer.UInt32(pending.SignedPreKeyId);
            if (pending.PreKeyId is { } id)
                writer.UInt32(id);
        }
        writer.Byte((byte)state.Receiving.Length);
        foreach (var chain in state.Receiving)
        {
            writer.Bytes(chain.RatchetKey);
            writer.Chain(chain.Messages);
        }
    }

    private static SessionState ReadState(ref RecordReader reader)
    {
        var flags = reader.Byte(max: HasPending | HasPendingPreKeyId);
        if (flags == HasPendingPreKeyId)
            throw RecordReader.Unreadable();
        var state = new SessionState
        {
            RemoteIdentity = reader.Key(),
            RemoteRegistrationId = reader.UInt32(),
            BaseKey = reader.Key(),
            RootKey = reader.Key(),
            PreviousCounter = reader.UInt32(),
            Sending = new SendingChain(new KeyPair(reader.Key(), reader.Key()), reader.Key(), reader.UInt32()),
        };
        PendingPreKey? pending = null;
        if ((flags & HasPending) != 0)
        {
            var signedPreKeyId = reader.UInt32();
            pending = new PendingPreKey((flags & HasPendingPreKeyId) != 0 ? reader.UInt32() : null, signedPreKeyId);
        }
        var chains = new ReceivingChain[reader.Byte(max: SignalLimits.ReceivingChains)];
        for (var i = 0; i < chains.Length; i++)
            chains[i] = new ReceivingChain(reader.Key(), reader.Chain());
        return state with { Pending = pending, Receiving = chains };
    }
}
