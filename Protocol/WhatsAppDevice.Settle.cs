using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Protocol;

// After the end of a connection: what is reported, what is kept, and when it goes on.
public sealed partial class WhatsAppDevice
{
    private bool _wasOpen;

    /// <summary>Reports and applies the decision. Null = nothing happens until the owner says so.</summary>
    private async Task<TimeSpan?> SettleAsync(ConnectionEnd end, CancellationToken cancellationToken)
    {
        // Whatever came first: the owner wants it forgotten.
        if (_logout is not null && end.Kind != EndKind.DeviceRemoved)
            end = new ConnectionEnd(EndKind.Logout, Detail: "by-owner");
        if (end.Kind is EndKind.QrTimeout or EndKind.Logout)
            ResetWish("linking was given up");
        var decision = ReconnectPolicy.Decide(end, everLoggedIn: _credentials is not { IsPaired: true, LoginCounter: 0 });
        var pause = PauseAfter(decision.Action, end);
        var closed = new ConnectionClosed(decision.Reason, end.Code, end.Detail, pause is not null, pause, decision.KeepsCredentials);
        if (_wasOpen)
            _board.Change(shown => shown with { Status = DeviceStatus.Reconnecting, ConnectedAt = null });
        // Attempts that never opened are not news, unless they end the story, or somebody has to look after the proxy.
        var brokenProxy = decision.Reason == "proxy_error" && (_wasOpen || !_toldOfProxy);
        _toldOfProxy = brokenProxy || (_toldOfProxy && !_wasOpen);
        if (_wasOpen || brokenProxy || pause is null || !decision.KeepsCredentials || decision.Action == ReconnectAction.Restricted)
            await ReportAsync(closed, cancellationToken);
        _wasOpen = false;
        _board.Change(shown => shown with
        {
            Status = StatusAfter(decision.Action, pause),
            ConnectedAt = null,
            Qr = null,
            LastDisconnect = closed,
            LastDisconnectAt = _time.GetUtcNow(),
        });
        if (_logout is { } logout)
        {
            // What woke us was the logout, not the wish for a new connection.
            _restart = NewSignal();
            _logout = null;
            logout.SetResult();
        }
        return pause;
    }

    private bool _toldOfProxy;

    private TimeSpan? PauseAfter(ReconnectAction action, ConnectionEnd end)
    {
        switch (action)
        {
            case ReconnectAction.Backoff:
                return _backoff.Next();
            case ReconnectAction.LongBackoff:
                return _backoff.NextLong();
            case ReconnectAction.NewQrRound:
                return TimeSpan.Zero;
            case ReconnectAction.Restricted:
                return end.BanLeft + TimeSpan.FromSeconds(1);
            case ReconnectAction.Now when end.Kind is EndKind.Restart or EndKind.Paired:
                return TimeSpan.Zero;
            case ReconnectAction.Now:
                // A server that says "restart" again and again does not make us spin.
                var pause = _reconnectedAtOnce ? _backoff.Next() : TimeSpan.Zero;
                _reconnectedAtOnce = true;
                return pause;
            default:
                return null;
        }
    }

    private DeviceStatus StatusAfter(ReconnectAction action, TimeSpan? pause) => action switch
    {
        ReconnectAction.Restricted => DeviceStatus.Restricted,
        ReconnectAction.Forget => DeviceStatus.LoggedOut,
        _ when pause is null => DeviceStatus.Closed,
        _ when _credentials is { IsPaired: true, LoginCounter: 0 } => DeviceStatus.Pairing,
        _ => _credentials is { IsPaired: true } ? DeviceStatus.Reconnecting : DeviceStatus.Connecting,
    };

    // The report and the loss of the credentials are one transaction, and it is repeated until the store takes it: without the store nothing else works either.
    private async Task ReportAsync(ConnectionClosed closed, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await CommitAsync(
                    batch =>
                    {
                        batch.Events.Add(closed);
                        batch.ForgetDevice = !closed.CredentialsKept;
                    },
                    cancellationToken);
                return;
            }
            catch (StoreFailedException)
            {
                await Task.Delay(_backoff.Next(), _time, cancellationToken);
            }
        }
    }

    private async Task PauseAsync(TimeSpan? pause, CancellationToken cancellationToken)
    {
        var restart = _restart.Task;
        if (pause is null)
        {
            await restart.WaitAsync(cancellationToken);
        }
        else if (pause > TimeSpan.Zero)
        {
            using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var longest = TimeSpan.FromDays(30);
            await Task.WhenAny(restart, Task.Delay(pause.Value < longest ? pause.Value : longest, _time, woken.Token));
            await woken.CancelAsync();
        }
        if (restart.IsCompleted)
            _backoff.Reset();
    }
}
