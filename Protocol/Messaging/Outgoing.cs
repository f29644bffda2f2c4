using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>How a send ended: with the server's ack, or with a reason.</summary>
internal sealed record SendOutcome(SentMessage? Sent, SendFailedException? Failure);

/// <summary>One of our messages on its way. Lives as long as someone drives it or waits for it.</summary>
internal sealed class Outgoing(string id)
{
    private int _driver;

    public string Id { get; } = id;

    /// <summary>As last committed by the driver; null before the first commit.</summary>
    public StoredMessage? Row { get; set; }

    /// <summary>Where it goes; set once resolved.</summary>
    public Recipient? Recipient { get; set; }

    /// <summary>Our sender key went out with it, and the server has not acknowledged it yet.</summary>
    public Groups.GivenKey? Given { get; set; }

    /// <summary>Completes once; never faults.</summary>
    public TaskCompletionSource<SendOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Transmissions repeated because the server was busy.</summary>
    public int BusyRetries { get; set; }

    /// <summary>Rebuilt with fresh lists and sessions: happens once.</summary>
    public bool Rebuilt { get; set; }

    /// <summary>Accepted, and sent once more because the device list was stale: happens once.</summary>
    public bool Completing { get; set; }

    /// <summary>Callers waiting for the outcome.</summary>
    public int Waiting;

    /// <summary>True while someone transmits it or follows its ack.</summary>
    public bool IsDriven => Volatile.Read(ref _driver) != 0;

    /// <summary>True for the one that may transmit it on this connection; takes over from an earlier connection.</summary>
    public bool TryDrive(int connection)
    {
        var current = Volatile.Read(ref _driver);
        return current < connection && Interlocked.CompareExchange(ref _driver, connection, current) == current;
    }

    /// <summary>True while nobody took over.</summary>
    public bool IsDrivenBy(int connection) => Volatile.Read(ref _driver) == connection;

    public void EndDrive(int connection) => Interlocked.CompareExchange(ref _driver, 0, connection);
}
