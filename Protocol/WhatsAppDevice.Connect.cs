using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol;

// The life loop: connect, serve the connection to its end, decide by the reason, pause, again.
public sealed partial class WhatsAppDevice
{
    private static readonly TimeSpan ProvenFor = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan QueryPatience = TimeSpan.FromSeconds(30);

    private TaskCompletionSource _restart = NewSignal();
    private CancellationTokenSource? _attempt;
    private int _connects;
    private bool _ikFailed;
    private bool _reconnectedAtOnce;
    private byte[]? _refusedRouting;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task LiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var end = await TryOnceAsync(cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            var pause = await SettleAsync(end, cancellationToken);
            await PauseAsync(pause, cancellationToken);
        }
    }

    /// <summary>One connection from first to last.</summary>
    private async Task<ConnectionEnd> TryOnceAsync(CancellationToken cancellationToken)
    {
        if (_restart.Task.IsCompleted)
            _restart = NewSignal();
        if (_logout is not null)
            return new ConnectionEnd(EndKind.Logout, Detail: "by-owner");
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _attempt = attempt;
        try
        {
            await LoadCredentialsAsync(attempt.Token);
            ShowConnecting();
            await _beforeConnect(attempt.Token);
            await using var connection = await ConnectAsync(attempt.Token);
            _attempt = null;
            return await ServeAsync(connection, cancellationToken);
        }
        catch (ConnectFailedException failure)
        {
            LogConnectFailed(_logger, failure.End.Kind, failure.End.Detail, WhyOf(failure.End.Cause));
            return failure.End;
        }
        catch (StoreFailedException failure)
        {
            return new ConnectionEnd(EndKind.StoreFailed, Detail: "store-failed") { Cause = failure };
        }
        catch (OperationCanceledException) when (_logout is not null && !cancellationToken.IsCancellationRequested)
        {
            return new ConnectionEnd(EndKind.Logout, Detail: "by-owner");
        }
        finally
        {
            _attempt = null;
        }
    }

    private async Task LoadCredentialsAsync(CancellationToken cancellationToken)
    {
        if (_credentials is not null)
            return;
        if (await _store.LoadCredentialsAsync(cancellationToken) is { } stored)
            OnCommitted(new DeviceBatch { Credentials = stored });
        else
            await CommitAsync(batch => batch.Credentials = NewCredentials(), cancellationToken);
    }

    private DeviceCredentials NewCredentials()
    {
        var identity = new LocalIdentity(KeyPair.Generate(), PreKeys.NewRegistrationId());
        return new DeviceCredentials(KeyPair.Generate(), identity, [PreKeys.NewSigned(1, identity.IdentityKey)], RandomNumberGenerator.GetBytes(32), NextPreKeyId: 1)
        {
            SignedPreKeyCreatedAt = _time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
    }

    private void ShowConnecting() => _board.Change(shown => shown with
    {
        Status = Credentials switch
        {
            { IsPaired: true, LoginCounter: 0 } => DeviceStatus.Pairing,
            { IsPaired: true } => DeviceStatus.Reconnecting,
            _ => DeviceStatus.Connecting,
        },
        ConnectedAt = null,
        Qr = null,
        Passkey = null,
    });

    // IK and routing info are shortcuts: when a connect with them fails before the handshake ends, the next goes without (wire/01 §3.5, §8.4).
    private async Task<DeviceConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var known = Credentials.IsPaired && !_ikFailed ? Credentials.ServerStaticKey : null;
        var routing = Credentials.RoutingInfo is { } info && !(_refusedRouting is { } refused && refused.AsSpan().SequenceEqual(info)) ? info : null;
        if (known is null && routing is null)
            return await OpenAsync(null, null, cancellationToken);
        try
        {
            return await OpenAsync(known, routing, cancellationToken);
        }
        catch (ConnectFailedException failure)
        {
            LogShortcutFailed(_logger, failure.End.Kind, failure.End.Detail);
            _ikFailed |= known is not null && failure.End.Kind == EndKind.HandshakeFailed;
            _refusedRouting = routing ?? _refusedRouting;
        }
        return await OpenAsync(_ikFailed ? null : known, null, cancellationToken);
    }

    private Task<DeviceConnection> OpenAsync(byte[]? knownServerStatic, byte[]? routing, CancellationToken cancellationToken)
    {
        var payload = Credentials.IsPaired
            ? LoginPayload.Encode(_options, Credentials, _connects, isLidMigrated: true)
            : RegistrationPayload.Encode(_options, Credentials.Identity, Credentials.SignedPreKeys[0]);
        var request = new ConnectRequest(_options.SocketUrl, ExtraTrust.Load(_options.ExtraCaFile), _roots, Credentials.NoiseKey, payload, routing, knownServerStatic) { Dial = _options.Dial };
        return DeviceConnection.OpenAsync(request, _time, _pump!.DeliverAsync, cancellationToken);
    }

    private async Task<ConnectionEnd> ServeAsync(DeviceConnection connection, CancellationToken cancellationToken)
    {
        var session = _session = new LinkSession(connection);
        using var stop = cancellationToken.Register(() => connection.End(new ConnectionEnd(EndKind.Stop)));
        try
        {
            connection.Start();
            var script = RunScriptAsync(session, Credentials.IsPaired ? LoginAsync : LinkAsync);
            var end = await connection.Ended;
            LogEnded(_logger, end.Kind, end.Code, end.Detail, WhyOf(end.Cause), end.Kind == EndKind.StoreFailed ? end.Cause : null);
            if (end.Kind is EndKind.NotWellFormed)
                LogLastSent(_logger, connection.LastSent);
            await script;
            await _preKeys.Job;
            return AfterServing(session, end);
        }
        finally
        {
            _verifiedAt = session.OpenedAt is null ? _verifiedAt : connection.LastInbound;
            _session = null;
            _mediaConnections.Forget();
            _messaging.OnClosed();
        }
    }

    private ConnectionEnd AfterServing(LinkSession session, ConnectionEnd end)
    {
        if (session.OpenedAt is { } opened && session.Connection.LastInbound - opened >= StableAfter)
        {
            _backoff.Reset();
            _reconnectedAtOnce = false;
        }
        var isClosed = end.Kind is EndKind.SocketClosed or EndKind.StreamEnd;
        // Whatever ended it: the pairing is durable, and the login comes next.
        if (session.IsPaired && (isClosed || end is { Kind: EndKind.StreamError, Code: 515 }))
            return new ConnectionEnd(EndKind.Paired);
        // The server's clock for the codes may be a little faster than ours.
        return isClosed && session.IsLastTurn ? new ConnectionEnd(EndKind.QrTimeout, Detail: "no-scan") : end;
    }

    // A script is the straight story of a connection; whatever breaks it ends the connection.
    private static async Task RunScriptAsync(LinkSession session, Func<LinkSession, Task> script)
    {
        try
        {
            await script(session);
        }
        catch (TimeoutException error)
        {
            session.Connection.End(new ConnectionEnd(EndKind.LoginTimeout, Detail: "no-answer") { Cause = error });
        }
        catch (IqErrorException error)
        {
            session.Connection.End(new ConnectionEnd(EndKind.OpeningFailed, error.Code, "opening-refused") { Cause = error });
        }
        catch (Exception error)
        {
            // Also the ordinary end: LinkClosed and cancellation come after End() and change nothing.
            session.Connection.End(new ConnectionEnd(error is StoreFailedException ? EndKind.StoreFailed : EndKind.OpeningFailed, Detail: "opening-failed") { Cause = error });
        }
    }

    // A broken network is no bug: its innermost fact says enough, and thousands of stack traces help nobody.
    private static string? WhyOf(Exception? cause) => cause?.GetBaseException().Message;

    [LoggerMessage(Level = LogLevel.Information, Message = "connection ended: {Kind} {Code} {Detail} {Why}")]
    private static partial void LogEnded(ILogger logger, EndKind kind, int code, string? detail, string? why, Exception? cause);

    [LoggerMessage(Level = LogLevel.Error, Message = "the server could not parse what we sent; last stanzas: {Stanzas}")]
    private static partial void LogLastSent(ILogger logger, string stanzas);

    [LoggerMessage(Level = LogLevel.Warning, Message = "no connection: {Kind} {Detail} {Why}")]
    private static partial void LogConnectFailed(ILogger logger, EndKind kind, string? detail, string? why);

    [LoggerMessage(Level = LogLevel.Information, Message = "connecting with IK or routing info failed ({Kind} {Detail}); trying without")]
    private static partial void LogShortcutFailed(ILogger logger, EndKind kind, string? detail);
}
