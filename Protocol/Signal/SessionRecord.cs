namespace WhatsApp.Protocol.Signal;

/// <summary>
/// All sessions with one address: the current one and up to 40 archived (wire/03 §6). Immutable: every operation returns a new record.
/// </summary>
public sealed class SessionRecord
{
    internal SessionRecord(SessionState? current, SessionState[] archive)
    {
        Current = current;
        Archive = archive;
    }

    /// <summary>No session yet.</summary>
    public static SessionRecord Empty { get; } = new(null, []);

    /// <summary>Reads a stored record.</summary>
    /// <exception cref="SignalException">Not a record this version can read; <see cref="RetryReason.InvalidSession"/>.</exception>
    public static SessionRecord Deserialize(ReadOnlySpan<byte> bytes) => SessionRecordCodec.Read(bytes);

    /// <summary>For storage (our own format, versioned). Holds secrets: seal it.</summary>
    public byte[] Serialize() => SessionRecordCodec.Write(this);

    /// <summary>True when messages can be encrypted.</summary>
    public bool HasCurrent => Current is not null;

    /// <summary>Raw remote identity of the current session (32), or null.</summary>
    public byte[]? RemoteIdentity => Current?.RemoteIdentity;

    /// <summary>Remote registration id of the current session; 0 without one.</summary>
    public uint RemoteRegistrationId => Current?.RemoteRegistrationId ?? 0;

    /// <summary>Base key of the current session, raw 32 bytes (for the retry collision rule), or null.</summary>
    public byte[]? BaseKey => Current?.BaseKey;

    /// <summary>True while outgoing messages are still pkmsg.</summary>
    public bool HasPendingPreKey => Current?.Pending is not null;

    internal SessionState? Current { get; }

    /// <summary>Newest first.</summary>
    internal SessionState[] Archive { get; }

    /// <summary>Number of states, the current one included.</summary>
    internal int StateCount => Archive.Length + (Current is null ? 0 : 1);

    /// <summary>The current state, then the archived ones, newest first.</summary>
    internal SessionState State(int index) => Current is null ? Archive[index] : index == 0 ? Current : Archive[index - 1];

    /// <summary>The state at <paramref name="index"/> replaced by its successor and made current; the current one goes to the archive front.</summary>
    internal SessionRecord Promote(int index, SessionState successor)
    {
        if (Current is not null && index == 0)
            return new(successor, Archive);
        var place = Current is null ? index : index - 1;
        return new(successor, Archived([.. Archive.AsSpan(0, place), .. Archive.AsSpan(place + 1)]));
    }

    /// <summary>A new current state; the old one goes to the archive front.</summary>
    internal SessionRecord Install(SessionState state) => new(state, Archived(Archive));

    // An archived state never needs its pending pre-key again: it is promoted by the peer's message, which clears it.
    private SessionState[] Archived(SessionState[] archive)
    {
        if (Current is null)
            return archive;
        var states = new List<SessionState>(Math.Min(archive.Length + 1, SignalLimits.ArchivedStates)) { Current with { Pending = null } };
        foreach (var state in archive)
            if (states.Count < SignalLimits.ArchivedStates)
                states.Add(state);
        var room = SignalLimits.SkippedKeysInArchive;
        for (var i = 0; i < states.Count; i++)
        {
            var count = states[i].SkippedKeyCount;
            if (count > room)
                states[i] = states[i].WithoutSkippedKeys();
            else
                room -= count;
        }
        return [.. states];
    }
}
