using System.Collections.Concurrent;

namespace WhatsApp.Sandbox;

/// <summary>Counters of everything the network did since it started. Thread-safe.</summary>
public sealed class SandboxStats
{
    private const int KeptViolations = 20;
    private readonly ConcurrentQueue<string> _violations = new();
    private long _acks, _messages, _deliveries, _offlineQueued, _duplicates, _receipts, _retries, _notifications;
    private long _connections, _accepted, _logins, _pairings, _failures, _replaced, _violationCount, _malformed, _pings, _faults;
    private long _mediaUploads, _mediaDownloads, _mediaReceived, _mediaSent;
    private int _maxSocketsPerDevice;

    internal void ConnectionOpened() { Interlocked.Increment(ref _connections); Interlocked.Increment(ref _accepted); }
    internal void ConnectionClosed() => Interlocked.Decrement(ref _connections);
    internal void LoggedIn() => Interlocked.Increment(ref _logins);
    internal void Paired() => Interlocked.Increment(ref _pairings);
    internal void LoginRefused() => Interlocked.Increment(ref _failures);
    internal void Replaced() => Interlocked.Increment(ref _replaced);
    internal void MessageRelayed() => Interlocked.Increment(ref _messages);
    internal void Delivered() => Interlocked.Increment(ref _deliveries);
    internal void QueuedOffline() => Interlocked.Increment(ref _offlineQueued);
    internal void DeliveredAgain() => Interlocked.Increment(ref _duplicates);
    internal void Acked() => Interlocked.Increment(ref _acks);
    internal void ReceiptRelayed() => Interlocked.Increment(ref _receipts);
    internal void RetryRelayed() => Interlocked.Increment(ref _retries);
    internal void NotificationSent() => Interlocked.Increment(ref _notifications);
    internal void MalformedFrame() => Interlocked.Increment(ref _malformed);
    internal void Pinged() => Interlocked.Increment(ref _pings);
    internal void MediaUploaded() => Interlocked.Increment(ref _mediaUploads);
    internal void MediaDownloaded() => Interlocked.Increment(ref _mediaDownloads);
    internal void MediaReceived(int bytes) => Interlocked.Add(ref _mediaReceived, bytes);
    internal void MediaSent(int bytes) => Interlocked.Add(ref _mediaSent, bytes);
    internal void FaultInjected() => Interlocked.Increment(ref _faults);

    internal void SocketsOfOneDevice(int count)
    {
        for (var seen = Volatile.Read(ref _maxSocketsPerDevice); count > seen; seen = Volatile.Read(ref _maxSocketsPerDevice))
            if (Interlocked.CompareExchange(ref _maxSocketsPerDevice, count, seen) == seen)
                return;
    }

    /// <summary>A client did something WhatsApp would not accept; kept so that a test can fail on it.</summary>
    internal void Violation(string what)
    {
        Interlocked.Increment(ref _violationCount);
        _violations.Enqueue(what);
        while (_violations.Count > KeptViolations)
            _violations.TryDequeue(out _);
    }

    /// <summary>The figures now. <paramref name="devices"/>, <paramref name="accounts"/> and <paramref name="waiting"/> come from the directory.</summary>
    internal SandboxStatsSnapshot Snapshot(int accounts, int devices, int waiting) => new()
    {
        Connections = Volatile.Read(ref _connections),
        ConnectionsAccepted = Volatile.Read(ref _accepted),
        Accounts = accounts,
        Devices = devices,
        Logins = Volatile.Read(ref _logins),
        Pairings = Volatile.Read(ref _pairings),
        LoginsRefused = Volatile.Read(ref _failures),
        Replaced = Volatile.Read(ref _replaced),
        MaxSocketsPerDevice = Volatile.Read(ref _maxSocketsPerDevice),
        MessagesRelayed = Volatile.Read(ref _messages),
        Deliveries = Volatile.Read(ref _deliveries),
        DuplicateDeliveries = Volatile.Read(ref _duplicates),
        OfflineQueued = Volatile.Read(ref _offlineQueued),
        Undelivered = waiting,
        Acks = Volatile.Read(ref _acks),
        ReceiptsRelayed = Volatile.Read(ref _receipts),
        RetryReceipts = Volatile.Read(ref _retries),
        Notifications = Volatile.Read(ref _notifications),
        Pings = Volatile.Read(ref _pings),
        MalformedFrames = Volatile.Read(ref _malformed),
        FaultsInjected = Volatile.Read(ref _faults),
        MediaUploads = Volatile.Read(ref _mediaUploads),
        MediaDownloads = Volatile.Read(ref _mediaDownloads),
        MediaBytesReceived = Volatile.Read(ref _mediaReceived),
        MediaBytesSent = Volatile.Read(ref _mediaSent),
        Violations = Volatile.Read(ref _violationCount),
        LastViolations = [.. _violations],
    };
}

/// <summary>Answer of <c>GET /sandbox/stats</c>.</summary>
public sealed record SandboxStatsSnapshot
{
    /// <summary>Sockets open now, in any phase.</summary>
    public long Connections { get; init; }
    /// <summary>Sockets accepted since the start.</summary>
    public long ConnectionsAccepted { get; init; }
    /// <summary>Accounts, one per virtual phone.</summary>
    public int Accounts { get; init; }
    /// <summary>Linked companion devices, phones not counted.</summary>
    public int Devices { get; init; }
    /// <summary>Logins answered with success.</summary>
    public long Logins { get; init; }
    /// <summary>Devices linked since the start.</summary>
    public long Pairings { get; init; }
    /// <summary>Logins answered with failure.</summary>
    public long LoginsRefused { get; init; }
    /// <summary>Connections ended with conflict/replaced.</summary>
    public long Replaced { get; init; }
    /// <summary>Most sockets that were logged in as one device at the same time.</summary>
    public int MaxSocketsPerDevice { get; init; }
    /// <summary>Message stanzas accepted and acknowledged.</summary>
    public long MessagesRelayed { get; init; }
    /// <summary>Message stanzas put on a device's connection, once per device and attempt.</summary>
    public long Deliveries { get; init; }
    /// <summary>Of these, how many the device had been given before.</summary>
    public long DuplicateDeliveries { get; init; }
    /// <summary>Stanzas that had to wait because the device was not there.</summary>
    public long OfflineQueued { get; init; }
    /// <summary>Stanzas that wait now, or were delivered and not acknowledged.</summary>
    public int Undelivered { get; init; }
    /// <summary>Stanzas devices acknowledged (ack or receipt).</summary>
    public long Acks { get; init; }
    /// <summary>Receipts passed on, retries not counted.</summary>
    public long ReceiptsRelayed { get; init; }
    /// <summary>Retry receipts passed on.</summary>
    public long RetryReceipts { get; init; }
    /// <summary>Notifications sent to devices.</summary>
    public long Notifications { get; init; }
    /// <summary>Pings answered.</summary>
    public long Pings { get; init; }
    /// <summary>Connections closed for bytes that are no frame, handshake or stanza.</summary>
    public long MalformedFrames { get; init; }
    /// <summary>Times a fault struck.</summary>
    public long FaultsInjected { get; init; }
    /// <summary>Files clients uploaded completely; what phones upload does not count.</summary>
    public long MediaUploads { get; init; }
    /// <summary>Downloads given to their end, whole or by range.</summary>
    public long MediaDownloads { get; init; }
    /// <summary>Bytes of uploads.</summary>
    public long MediaBytesReceived { get; init; }
    /// <summary>Bytes of downloads.</summary>
    public long MediaBytesSent { get; init; }
    /// <summary>Things a client did that WhatsApp would not accept.</summary>
    public long Violations { get; init; }
    /// <summary>The latest of them, in words.</summary>
    public IReadOnlyList<string> LastViolations { get; init; } = [];
}
