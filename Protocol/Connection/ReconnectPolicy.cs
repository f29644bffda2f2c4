namespace WhatsApp.Protocol.Connection;

/// <summary>What follows the end of a connection.</summary>
internal enum ReconnectAction
{
    /// <summary>Connect again at once.</summary>
    Now,
    /// <summary>Connect again after the ordinary pause.</summary>
    Backoff,
    /// <summary>Connect again after a much longer pause.</summary>
    LongBackoff,
    /// <summary>Wait for the owner; credentials are kept.</summary>
    Stop,
    /// <summary>Delete the credentials and wait for the owner.</summary>
    Forget,
    /// <summary>Delete the credentials of a pairing that never came to a login, and show a new QR.</summary>
    NewQrRound,
    /// <summary>Restricted until the given time, then connect again; without a time, wait for the owner.</summary>
    Restricted,
    /// <summary>Wait for the owner: this client version is too old.</summary>
    Upgrade,
}

/// <summary>The action and the name of rest-api part C, <c>connection.close.reason</c>.</summary>
internal readonly record struct ReconnectDecision(ReconnectAction Action, string Reason)
{
    /// <summary>True when the device connects again by itself.</summary>
    public bool WillReconnect => Action is ReconnectAction.Now or ReconnectAction.Backoff or ReconnectAction.LongBackoff or ReconnectAction.NewQrRound;

    /// <summary>False when the credentials must be deleted.</summary>
    public bool KeepsCredentials => Action is not (ReconnectAction.Forget or ReconnectAction.NewQrRound);
}

/// <summary>
/// The one table from the end of a connection to what follows (wire/01 §11, architecture §5.4). Credentials are only given up
/// when the server says that the device is unlinked.
/// </summary>
internal static class ReconnectPolicy
{
    /// <param name="end">What happened.</param>
    /// <param name="everLoggedIn">False for a device that was paired but never had a login accepted: its pairing was cut off half-way.</param>
    public static ReconnectDecision Decide(ConnectionEnd end, bool everLoggedIn = true) => end.Kind switch
    {
        EndKind.LoginFailure => OfFailure(end, everLoggedIn),
        EndKind.StreamError => OfStreamError(end.Code),
        EndKind.Replaced => new(ReconnectAction.Stop, "connection_replaced"),
        EndKind.DeviceRemoved or EndKind.Logout => new(ReconnectAction.Forget, "logged_out"),
        EndKind.Paired => new(ReconnectAction.Now, "restart_required"),
        EndKind.Restart => new(ReconnectAction.Now, "stopped"),
        EndKind.Stop => new(ReconnectAction.Stop, "stopped"),
        EndKind.QrTimeout => new(ReconnectAction.Stop, "qr_timeout"),
        EndKind.ConnectFailed when end.Detail == "proxy-error" => new(ReconnectAction.Backoff, "proxy_error"),
        EndKind.Silent or EndKind.LoginTimeout or EndKind.WriteTimeout => new(ReconnectAction.Backoff, "timed_out"),
        _ => new(ReconnectAction.Backoff, "connection_lost"),
    };

    private static ReconnectDecision OfFailure(ConnectionEnd end, bool everLoggedIn) => end.Code switch
    {
        401 when !everLoggedIn => new(ReconnectAction.NewQrRound, "bad_session"),
        401 or 419 => new(ReconnectAction.Forget, "logged_out"),
        402 => new(ReconnectAction.Restricted, "restricted"),
        403 or 406 => new(ReconnectAction.Forget, "banned"),
        405 => new(ReconnectAction.Upgrade, "client_outdated"),
        413 or 414 or 500 or 501 or 503 => new(ReconnectAction.Backoff, "connection_lost"),
        // 400, 409, 415, 418 and numbers nobody knows: repeating them would not help.
        _ => new(ReconnectAction.Stop, "bad_session"),
    };

    private static ReconnectDecision OfStreamError(int code) => code switch
    {
        515 => new(ReconnectAction.Now, "restart_required"),
        516 => new(ReconnectAction.Forget, "logged_out"),
        409 => new(ReconnectAction.Stop, "connection_replaced"),
        429 => new(ReconnectAction.LongBackoff, "connection_lost"),
        // 401 without device_removed too: if the device is really gone, the next login is told so by a failure.
        _ => new(ReconnectAction.Backoff, "connection_lost"),
    };
}
