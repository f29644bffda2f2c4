using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol;

// What the owner asks for: a new connection, or the end of the link.
public sealed partial class WhatsAppDevice
{
    private static readonly TimeSpan UnlinkPatience = TimeSpan.FromSeconds(10);

    private TaskCompletionSource? _logout;

    /// <inheritdoc/>
    public Task RestartAsync(CancellationToken cancellationToken)
    {
        // While a connect is under way there is nothing to close: it is the restart.
        if (_attempt is null)
            WakeUp(EndKind.Restart);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<bool> LogoutAsync(CancellationToken cancellationToken)
    {
        if (_pump is null)
        {
            await _store.CommitAsync(Forgetting(), cancellationToken);
            OnCommitted(Forgetting());
            _board.Change(shown => shown with { Status = DeviceStatus.LoggedOut });
            return false;
        }
        if (_credentials is null && _board.Shown.Status == DeviceStatus.LoggedOut)
            return false;
        var confirmed = await AskServerToUnlinkAsync(cancellationToken);
        if (_credentials is null && _board.Shown.Status == DeviceStatus.LoggedOut)
            return confirmed;
        // From here on it happens, whether the caller waits or not.
        var forgotten = _logout ??= NewSignal();
        WakeUp(EndKind.Logout);
        _attempt?.Cancel();
        await forgotten.Task.WaitAsync(cancellationToken);
        return confirmed;
    }

    // <iq to="s.whatsapp.net" type="set" xmlns="md"><remove-companion-device jid reason="user_initiated"/></iq> (wire/01 §11.4)
    private async Task<bool> AskServerToUnlinkAsync(CancellationToken cancellationToken)
    {
        if (LiveConnection is not { } connection || Credentials.Jid is not { } self)
            return false;
        try
        {
            await connection.QueryAsync(
                new Node("iq", [("to", Jid.PhoneServer), ("type", "set"), ("xmlns", "md")],
                [
                    new Node("remove-companion-device", ("jid", self.ToString()), ("reason", "user_initiated")),
                ]),
                UnlinkPatience, cancellationToken);
            return true;
        }
        catch (Exception error) when (error is TimeoutException or IqErrorException)
        {
            return false;
        }
        catch (LinkClosedException)
        {
            // The removal may be told instead of answered.
            return (await connection.Ended).Kind == EndKind.DeviceRemoved;
        }
    }

    // The device stops before it came to the forgetting.
    private void FailLogout()
    {
        _logout?.TrySetException(new LinkClosedException("the device is stopped"));
        _logout = null;
    }

    private void WakeUp(EndKind why)
    {
        _restart.TrySetResult();
        _session?.Connection.End(new ConnectionEnd(why, Detail: "by-owner"));
    }

    private static DeviceBatch Forgetting() => new()
    {
        ForgetDevice = true,
        Events = { new ConnectionClosed("logged_out", 0, "by-owner", WillReconnect: false, RetryIn: null, CredentialsKept: false) },
    };
}
