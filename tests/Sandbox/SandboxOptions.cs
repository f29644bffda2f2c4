namespace WhatsApp.Sandbox;

/// <summary>How a sandbox network behaves. Defaults suit tests: a free port, nothing written to disk.</summary>
public sealed record SandboxOptions
{
    /// <summary>TCP port on loopback; 0 = any free one.</summary>
    public int Port { get; init; }

    /// <summary>Folder that keeps the root key, the server's static key and the TLS authority; null = new ones each start.</summary>
    public string? KeyDirectory { get; init; }

    /// <summary>Serve https and wss with an own authority (written as ca.pem).</summary>
    public bool Tls { get; init; }

    /// <summary>How often the server pings an open connection that has been silent; zero = never.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>An open connection that said nothing for this long is closed.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Time a client has from the first byte to the end of the handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Time between two things that are at least a round trip apart on a real network: the end of the handshake and the first stanza
    /// (Baileys derives its transport keys a moment after it has sent the client finish, and loses what comes sooner); the answer to
    /// companion_finish and pair-success (zapo stores the new secret a moment after that answer).
    /// </summary>
    public TimeSpan RoundTrip { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Time from pair-device-sign to stream error 515. zapo closes by itself after signing; a 515 that finds it still there makes it
    /// forget its new credentials.
    /// </summary>
    public TimeSpan RestartDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Time a client has to answer pair-success.</summary>
    public TimeSpan PairingTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Time left for a client to read a stream error before the socket closes (wire/01 §13.6: at least 50 ms).</summary>
    public TimeSpan CloseGrace { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Stanzas waiting for one slow socket before it is closed. Nothing is lost: they stay queued for the device.</summary>
    public int MaxOutgoing { get; init; } = 100_000;

    /// <summary>Tell people an account has written with when its devices change, as WhatsApp does. Off: they learn by phash.</summary>
    public bool NotifyContactsOfDevices { get; init; } = true;

    /// <summary>Clock of every timestamp and timer.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
