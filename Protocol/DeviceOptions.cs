namespace WhatsApp.Protocol;

/// <summary>Where WhatsApp is and what we say we are.</summary>
public sealed record DeviceOptions
{
    /// <summary>WebSocket address.</summary>
    public Uri SocketUrl { get; init; } = new("wss://web.whatsapp.com/ws/chat");
    /// <summary>Noise root public key, 32 bytes; null = production.</summary>
    public byte[]? NoiseRootKey { get; init; }
    /// <summary>PEM file trusted in addition to the system's roots; null = none.</summary>
    public string? ExtraCaFile { get; init; }
    /// <summary>Client version, e.g. 2.3000.1045649367.</summary>
    public string Version { get; init; } = "2.3000.1045649367";
    /// <summary>Name shown in the phone's list of linked devices, "Browser (OS)".</summary>
    public string DeviceName { get; init; } = "Chrome (Linux)";
    /// <summary>Digits: every round of linking asks for a code for this number beside its QR codes; null = only when asked to.</summary>
    public string? PairingNumber { get; init; }
    /// <summary>Sessions kept in memory per device.</summary>
    public int SessionCacheSize { get; init; } = 64;
    /// <summary>What the device does by itself, until it is told otherwise.</summary>
    public DeviceBehaviour Behaviour { get; init; } = new();
    /// <summary>Opens the stream to the server's host and port, e.g. through a proxy; null = a TCP connection of our own.</summary>
    public Func<string, int, CancellationToken, ValueTask<Stream>>? Dial { get; init; }
}
