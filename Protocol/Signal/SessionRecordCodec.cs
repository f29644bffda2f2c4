using System.Buffers.Binary;
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
    private const int ChainSize = (2 * Key) + 4 + 2;
    private const byte HasPending = 1;
    private const byte HasPendingPreKeyId = 2;

    public static byte[] Write(SessionRecord record)
    {
        var size = HeaderSize;
        for (var i = 0; i < record.StateCount; i++)
            size += SizeOf(record.State(i));
        var bytes = new byte[size];
        var writer = new Writer(bytes);
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
        var reader = new Reader(bytes);
        if (reader.Byte() != FormatVersion)
            throw Unreadable();
        var hasCurrent = reader.Byte(max: 1) == 1;
        var archived = reader.Byte(max: SignalLimits.ArchivedStates);
        var current = hasCurrent ? ReadState(ref reader) : null;
        var archive = new SessionState[archived];
        for (var i = 0; i < archived; i++)
            archive[i] = ReadState(ref reader);
        if (!reader.AtEnd)
            throw Unreadable();
        return new SessionRecord(current, archive);
    }

    private static int SizeOf(SessionState state)
    {
        var size = StateSize + (state.Pending is null ? 0 : state.Pending.PreKeyId is null ? 4 : 8);
        foreach (var chain in state.Receiving)
            size += ChainSize + chain.Skipped.Entries.Length;
        return size;
    }

    private static void WriteState(ref Writer writer, SessionState state)
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
            writer.Bytes(chain.ChainKey);
            writer.UInt32(chain.Next);
            writer.UInt16((ushort)chain.Skipped.Count);
            writer.Bytes(chain.Skipped.Entries.Span);
        }
    }

    private static SessionState ReadState(ref Reader reader)
    {
        var flags = reader.Byte(max: HasPending | HasPendingPreKeyId);
        if (flags == HasPendingPreKeyId)
            throw Unreadable();
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
            chains[i] = ReadChain(ref reader);
        return state with { Pending = pending, Receiving = chains };
    }

    private static ReceivingChain ReadChain(ref Reader reader)
    {
        var ratchetKey = reader.Key();
        var chainKey = reader.Key();
        var next = reader.UInt32();
        var count = reader.UInt16(max: SignalLimits.SkippedKeysPerChain);
        var skipped = new SkippedKeys(reader.Bytes(count * SkippedKeys.EntrySize).ToArray());
        for (var i = 0; i < count; i++)
            if (skipped.Counter(i) >= next || (i > 0 && skipped.Counter(i) <= skipped.Counter(i - 1)))
                throw Unreadable();
        return new ReceivingChain(ratchetKey, chainKey, next, skipped);
    }

    private static SignalException Unreadable() => new(RetryReason.InvalidSession, "The stored session record cannot be read.");

    private ref struct Writer(Span<byte> rest)
    {
        private Span<byte> _rest = rest;

        public void Byte(byte value) => Advance(1)[0] = value;
        public void UInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Advance(2), value);
        public void UInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Advance(4), value);
        public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Advance(value.Length));

        private Span<byte> Advance(int count)
        {
            var place = _rest[..count];
            _rest = _rest[count..];
            return place;
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public readonly bool AtEnd => _rest.IsEmpty;

        public byte Byte(byte max = byte.MaxValue)
        {
            var value = Bytes(1)[0];
            return value <= max ? value : throw Unreadable();
        }

        public ushort UInt16(ushort max)
        {
            var value = BinaryPrimitives.ReadUInt16BigEndian(Bytes(2));
            return value <= max ? value : throw Unreadable();
        }

        public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4));

        public byte[] Key() => Bytes(SignalWire.RawKeySize).ToArray();

        public ReadOnlySpan<byte> Bytes(int count)
        {
            if (count > _rest.Length)
                throw Unreadable();
            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }
    }
}
