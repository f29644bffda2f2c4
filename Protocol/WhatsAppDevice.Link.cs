using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol;

// Linking, and by QR (wire/01 §6): pair-device → codes → pair-success → pair-device-sign → 515.
public sealed partial class WhatsAppDevice
{
    private static readonly TimeSpan FirstAnswerPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RestartPatience = TimeSpan.FromSeconds(10);

    private IStanzaHandler[] LinkRules() =>
    [
        new StanzaRule(PairDevice.Is, OnPairDevice),
        new StanzaRule(PairSuccess.Is, OnPairSuccess),
        new StanzaRule(stanza => stanza.Tag == "notification" && stanza["type"] == "companion_reg_refresh", OnCodeRefresh),
        new StanzaRule(LinkCodeStanzas.IsNotification, OnLinkCode),
    ];

    private async Task LinkAsync(LinkSession session)
    {
        await session.Offered.Task.WaitAsync(FirstAnswerPatience, _time, session.Connection.Closed);
        await Task.WhenAll(ShowCodesAsync(session), RunScriptAsync(session, OfferCodesAsync));
    }

    private async Task ShowCodesAsync(LinkSession session)
    {
        while (!session.IsPaired)
        {
            var changed = session.CodeChanged.Task;
            if (session.Passkey is not null)
            {
                await changed.WaitAsync(session.Connection.Closed);
                continue;
            }
            if (session.Turn is not { } turn)
            {
                session.Connection.End(new ConnectionEnd(EndKind.QrTimeout, Detail: "no-scan"));
                return;
            }
            if (await RunsOutAsync(session, turn, changed))
                session.NextTurn(_time.GetUtcNow());
        }
        // The server restarts the stream by itself; a client that waits in vain does it.
        await Task.Delay(RestartPatience, _time, session.Connection.Closed);
        session.Connection.End(new ConnectionEnd(EndKind.Paired));
    }

    /// <summary>Shows a code until its time is over (true) or something changes (false).</summary>
    private async Task<bool> RunsOutAsync(LinkSession session, QrTurn turn, Task changed)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(session.Connection.Closed);
        var left = session.TurnEndsAt - _time.GetUtcNow();
        // The clock runs from here, however long the code takes to be durable.
        var timeIsOver = Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time, done.Token);
        await ShowCodeAsync(session, turn, changed);
        await Task.WhenAny(changed, timeIsOver);
        await done.CancelAsync();
        session.Connection.Closed.ThrowIfCancellationRequested();
        return !changed.IsCompleted;
    }

    private async Task ShowCodeAsync(LinkSession session, QrTurn turn, Task changed)
    {
        var platform = CompanionPlatform.Parse(_options.DeviceName);
        var text = new QrCodeText(turn.Reference, Credentials.NoiseKey.PublicKey, Credentials.Identity.IdentityKey.PublicKey, Credentials.AdvSecret, platform.Id).ToUrl();
        var code = CodeOnShow(session);
        var update = new QrUpdated(text, turn.Attempt, turn.MaxAttempts, session.TurnEndsAt) { PairingCode = code?.Text, PairingCodeExpiresAt = code?.ExpiresAt };
        await CommitAsync(
            batch =>
            {
                // What is shown may have changed while this waited.
                if (!changed.IsCompleted)
                    batch.Events.Add(update);
            },
            session.Connection.Closed);
        if (changed.IsCompleted)
            return;
        _board.Change(shown => shown with
        {
            Status = DeviceStatus.Qr,
            Qr = new QrCode(text, turn.Attempt, turn.MaxAttempts, session.TurnEndsAt) { PairingCode = code },
        });
        if (code is not null)
            session.Fulfilled?.Show(code);
    }

    // A fresh secret per pair-device, durable before the answer and long before the code is shown.
    private void OnPairDevice(Node stanza, DeviceStep step)
    {
        if (_session is not { IsPaired: false } session || CredentialsIn(step).IsPaired)
            return;
        step.Batch.Credentials = CredentialsIn(step) with { AdvSecret = RandomNumberGenerator.GetBytes(32) };
        step.Send.Add(PairDevice.Reply(stanza));
        step.AfterCommit.Add(() => session.StartRound(PairDevice.References(stanza), _time.GetUtcNow()));
    }

    // wire/01 §6.7: new secret, same ref.
    private void OnCodeRefresh(Node stanza, DeviceStep step)
    {
        step.Send.Add(StanzaAck.Of(stanza, null));
        if (_session is not { IsPaired: false } session || CredentialsIn(step).IsPaired)
            return;
        step.Batch.Credentials = CredentialsIn(step) with { AdvSecret = RandomNumberGenerator.GetBytes(32) };
        step.AfterCommit.Add(session.Redraw);
    }

    private void OnPairSuccess(Node stanza, DeviceStep step)
    {
        // Repeated while one is in work or after success: ignored (wire/01 §6.5).
        if (_session is not { } session || CredentialsIn(step).IsPaired)
            return;
        try
        {
            var success = PairSuccess.Read(stanza);
            var credentials = CredentialsIn(step);
            var identity = CompanionIdentity.Accept(success.WrappedIdentity.Span, credentials.AdvSecret, credentials.Identity.IdentityKey);
            Remember(success, identity, success.Link(credentials, identity), step.Batch);
            step.Send.Add(success.Accept(identity));
            ReadClock(stanza, session);
            step.Send.Add(UnifiedSession(session));
            step.AfterCommit.Add(() =>
            {
                session.IsPaired = true;
                ResetWish("the device is linked");
                session.Redraw();
                _board.Change(shown => shown with { Status = DeviceStatus.Pairing, Qr = null, Passkey = null });
            });
        }
        catch (PairingRefusedException refusal)
        {
            LogPairingRefused(_logger, refusal.Reason, refusal);
            step.Send.Add(PairSuccess.Refuse(stanza));
        }
    }

    private void Remember(PairSuccess success, CompanionIdentity identity, DeviceCredentials linked, DeviceBatch batch)
    {
        batch.Credentials = linked;
        batch.Identities[SignalAddress.Of(success.Jid.ToAccount())] = identity.AccountKey;
        if (success.Lid is not { } lid)
            return;
        batch.Identities[SignalAddress.Of(lid.ToAccount())] = identity.AccountKey;
        batch.LidMappings.Add(new LidMapping(success.Jid.ToAccount(), lid.ToAccount(), "pairing", _time.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "a pair-success was refused: {Reason}")]
    private static partial void LogPairingRefused(ILogger logger, PairingRefusal reason, Exception error);
}
