using System.Globalization;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol;

// From success to open (wire/01 §8): presence, pre-keys if needed, active, open, unsent messages; then what may wait.
public sealed partial class WhatsAppDevice
{
    private static readonly TimeSpan UploadPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BacklogPatience = TimeSpan.FromSeconds(60);

    private IStanzaHandler[] LoginRules() => [new StanzaRule(stanza => stanza.Tag == "success", OnSuccess)];

    private async Task LoginAsync(LinkSession session)
    {
        var connection = session.Connection;
        var isNewLogin = Credentials.LoginCounter == 0;
        await session.LoggedIn.Task.WaitAsync(FirstAnswerPatience, _time, connection.Closed);
        _preKeys.OnLogin(connection.Closed);
        var keepAlive = connection.KeepAliveAsync(() => OnTick(session));
        await connection.SendAsync(_presence.Own);
        await UploadKeysAsync();
        await connection.QueryAsync(Iq("set", "passive", new Node("active")), QueryPatience, connection.Closed);
        await OpenAsync(session, isNewLogin);
        _privacy.OnOpen();
        await _presence.OnOpenAsync(connection.Closed);
        await _messaging.OnOpenAsync(connection.Closed);
        await ComeAfterOpeningAsync(session);
        await keepAlive;
    }

    // Without pre-keys nobody new can write to us, but that must not hold up those who can.
    private async Task UploadKeysAsync()
    {
        if (!_preKeys.MustUpload)
            return;
        try
        {
            await _preKeys.StartUpload().WaitAsync(UploadPatience, _time);
        }
        catch (TimeoutException)
        {
            LogUploadSlow(_logger);
        }
    }

    private async Task OpenAsync(LinkSession session, bool isNewLogin)
    {
        await CommitAsync(batch =>
        {
            var credentials = Credentials;
            batch.Events.Add(new ConnectionOpened(credentials.Jid!.Value, credentials.Lid, credentials.PushName, credentials.Platform, isNewLogin, Resumed: !isNewLogin));
            if (!session.IsCounted)
                batch.Credentials = Counted(credentials);
        }, session.Connection.Closed);
        var now = _time.GetUtcNow();
        session.OpenedAt = now;
        _connects++;
        _wasOpen = true;
        _board.Change(shown => shown with { Status = DeviceStatus.Open, ConnectedAt = now, Qr = null });
    }

    private async Task ComeAfterOpeningAsync(LinkSession session)
    {
        var connection = session.Connection;
        await connection.SendAsync(UnifiedSession(session));
        try
        {
            await session.BacklogEnded.Task.WaitAsync(BacklogPatience, _time, connection.Closed);
        }
        catch (TimeoutException)
        {
            // The server forgot to say so.
            session.BacklogEnded.TrySetResult();
        }
        _ = _preKeys.StartCount();
        await AskPropsAsync(connection);
    }

    // What the answer says is not used; a web client asks (wire/01 §8.3).
    private async Task AskPropsAsync(DeviceConnection connection)
    {
        try
        {
            await connection.QueryAsync(Iq("get", "abt", new Node("props", ("protocol", "1"))), QueryPatience, connection.Closed);
        }
        catch (Exception error) when (error is TimeoutException or IqErrorException)
        {
            LogPropsFailed(_logger, error);
        }
    }

    private void OnTick(LinkSession session)
    {
        if (session.BacklogEnded.Task.IsCompleted)
            _preKeys.Upkeep();
    }

    // <success t props lid display_name …/>: durable before anything rests on it. A second one is ignored.
    private void OnSuccess(Node stanza, DeviceStep step)
    {
        if (_session is not { SuccessSeen: false } session || CredentialsIn(step) is not { IsPaired: true } credentials)
            return;
        session.SuccessSeen = true;
        ReadClock(stanza, session);
        var told = credentials with
        {
            Lid = LidOf(stanza, credentials, step.Batch),
            PushName = stanza["display_name"] is { Length: > 0 } name ? name : credentials.PushName,
            ServerStaticKey = session.Connection.ServerStatic,
        };
        session.IsCounted = credentials.LoginCounter == 0 || TellsNews(told, credentials);
        if (session.IsCounted)
            step.Batch.Credentials = Counted(told);
        step.AfterCommit.Add(() => session.LoggedIn.TrySetResult());
    }

    // Of the thousandth login nothing is new but its number: that is written with what opens the connection.
    private static bool TellsNews(DeviceCredentials told, DeviceCredentials known) =>
        told.Lid != known.Lid || told.PushName != known.PushName || !told.ServerStaticKey.AsSpan().SequenceEqual(known.ServerStaticKey);

    private static DeviceCredentials Counted(DeviceCredentials credentials) => credentials with { LoginCounter = credentials.LoginCounter + 1 };

    private void ReadClock(Node stanza, LinkSession session)
    {
        if (uint.TryParse(stanza["t"], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            session.ClockSkew = DateTimeOffset.FromUnixTimeSeconds(seconds) - _time.GetUtcNow();
    }

    private Jid? LidOf(Node success, DeviceCredentials credentials, DeviceBatch batch)
    {
        if (success.JidOf("lid") is not { IsLid: true, User.Length: > 0 } told)
            return credentials.Lid;
        var lid = told.WithDevice(credentials.Jid!.Value.Device);
        if (credentials.Lid == lid)
            return lid;
        if (credentials.Lid is not null)
            LogLidChanged(_logger);
        batch.LidMappings.Add(new LidMapping(credentials.Jid.Value.ToAccount(), lid.ToAccount(), "login", _time.GetUtcNow().ToUnixTimeMilliseconds()));
        return lid;
    }

    // <ib><unified_session id="N"/></ib>, N = (server time ms + 3 days) mod 7 days; no answer (wire/01 §8.3).
    private Node UnifiedSession(LinkSession session)
    {
        const long Day = 86_400_000;
        var id = ((_time.GetUtcNow() + session.ClockSkew).ToUnixTimeMilliseconds() + 3 * Day) % (7 * Day);
        return new Node("ib", [], [new Node("unified_session", ("id", id.ToString(CultureInfo.InvariantCulture)))]);
    }

    private static Node Iq(string type, string xmlns, Node child) => new("iq", [("to", Jid.PhoneServer), ("type", type), ("xmlns", xmlns)], [child]);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the pre-key upload is slow; opening without it")]
    private static partial void LogUploadSlow(ILogger logger);

    [LoggerMessage(Level = LogLevel.Debug, Message = "the server's properties did not come")]
    private static partial void LogPropsFailed(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the account's LID changed")]
    private static partial void LogLidChanged(ILogger logger);
}
