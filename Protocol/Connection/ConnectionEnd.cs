namespace WhatsApp.Protocol.Connection;

/// <summary>Why a connection, or the attempt to make one, is over.</summary>
internal enum EndKind
{
    /// <summary>No TCP, TLS or WebSocket connection.</summary>
    ConnectFailed,
    /// <summary>The Noise handshake failed or took too long.</summary>
    HandshakeFailed,
    /// <summary>Neither success nor failure nor pair-device came in time.</summary>
    LoginTimeout,
    /// <summary>The socket closed without a stanza that says why.</summary>
    SocketClosed,
    /// <summary><c>&lt;xmlstreamend/&gt;</c> or the one-byte stanza 02.</summary>
    StreamEnd,
    /// <summary>Nothing came back within the keep-alive deadline.</summary>
    Silent,
    /// <summary>A write did not finish in time.</summary>
    WriteTimeout,
    /// <summary>A frame that does not decrypt or decode.</summary>
    BadFrame,
    /// <summary>The host's store failed: the server must send again.</summary>
    StoreFailed,
    /// <summary>A required answer of the opening was an error or did not come.</summary>
    OpeningFailed,
    /// <summary><c>&lt;failure reason&gt;</c> (wire/01 §11.1).</summary>
    LoginFailure,
    /// <summary><c>&lt;stream:error code&gt;</c> without a special child (wire/01 §11.2).</summary>
    StreamError,
    /// <summary><c>&lt;conflict type="replaced"/&gt;</c>.</summary>
    Replaced,
    /// <summary><c>&lt;conflict type="device_removed"/&gt;</c>.</summary>
    DeviceRemoved,
    /// <summary><c>&lt;stream:error&gt;&lt;ack id/&gt;</c>: the server misses acks.</summary>
    AckMissing,
    /// <summary><c>&lt;xml-not-well-formed/&gt;</c>: it could not parse what we sent.</summary>
    NotWellFormed,
    /// <summary>Pairing is done; the server did not close by itself.</summary>
    Paired,
    /// <summary>All QR codes of the round ran out.</summary>
    QrTimeout,
    /// <summary>The owner asked for a restart.</summary>
    Restart,
    /// <summary>The owner unlinked the device.</summary>
    Logout,
    /// <summary>The owner stops the device.</summary>
    Stop,
}

/// <summary>The end of a connection with what the server said about it.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Code">The server's number; 0 if none.</param>
/// <param name="Detail">A short machine word for the report, e.g. <c>device_removed</c>.</param>
internal sealed record ConnectionEnd(EndKind Kind, int Code = 0, string? Detail = null)
{
    /// <summary>How long a temporary ban lasts from now; null = not told.</summary>
    public TimeSpan? BanLeft { get; init; }

    /// <summary>The exception behind it, for the log.</summary>
    public Exception? Cause { get; init; }
}

/// <summary>A connection could not be made.</summary>
internal sealed class ConnectFailedException(ConnectionEnd end) : Exception("the connection could not be made", end.Cause)
{
    /// <summary>Why.</summary>
    public ConnectionEnd End { get; } = end;
}
