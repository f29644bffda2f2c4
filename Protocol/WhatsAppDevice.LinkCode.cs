using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Pairing;

namespace WhatsApp.Protocol;

// Linking by code (wire/01 §7), beside the QR codes of the same round: companion_hello → ref → primary_hello → companion_finish → pair-success.
public sealed partial class WhatsAppDevice
{
    // A code that dies sooner than a person can type it is worth nothing: then a new round comes first.
    private static readonly TimeSpan ShortestCode = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CodePatience = TimeSpan.FromSeconds(40);

    private CodeWish? _codeWish;

    /// <inheritdoc/>
    public async Task<PairingCode> RequestPairingCodeAsync(string phoneNumber, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(phoneNumber);
        if (!phoneNumber.All(char.IsAsciiDigit))
            throw new ArgumentException("a phone number is digits only", nameof(phoneNumber));
        if (_credentials is { IsPaired: true })
            throw new PairingCodeRefusedException(PairingCodeRefusal.AlreadyLinked);
        var wish = new CodeWish(phoneNumber);
        ReplaceWish(wish, "another code was asked for");
        if (_session is { } session && !session.Connection.Ended.IsCompleted && !session.EndsWithin(ShortestCode, _time.GetUtcNow()))
            session.WantCode();
        else
            await RestartAsync(cancellationToken);
        var answer = await wish.Answer.WaitAsync(CodePatience, _time, cancellationToken);
        return answer.Code ?? throw answer.Refusal!;
    }

    // What the options say is asked for in every round; what the owner asked for, in this one.
    private void ResetWish(string why) => ReplaceWish(_options.PairingNumber is { } number ? new CodeWish(number) : null, why);

    private void ReplaceWish(CodeWish? wish, string why)
    {
        var before = _codeWish;
        _codeWish = wish;
        before?.Refuse(new LinkClosedException(why));
    }

    /// <summary>Asks for a code as soon as there are refs, and again whenever one is wanted.</summary>
    private async Task OfferCodesAsync(LinkSession session)
    {
        while (!session.IsPaired)
        {
            var wanted = session.CodeWanted.Task;
            if (_codeWish is { } wish)
                await TryOfferCodeAsync(session, wish);
            await wanted.WaitAsync(session.Connection.Closed);
        }
    }

    private async Task TryOfferCodeAsync(LinkSession session, CodeWish wish)
    {
        try
        {
            await OfferCodeAsync(session, wish);
        }
        catch (IqErrorException error)
        {
            LogCodeRefused(_logger, error.Code);
            Drop(PairingCodeRefusedException.Of(error.Code));
        }
        catch (TimeoutException error)
        {
            Drop(error);
        }

        // The QR stays on show; the next round asks again if the options say so.
        void Drop(Exception why)
        {
            wish.Refuse(why);
            if (_codeWish == wish)
                _codeWish = null;
        }
    }

    private async Task OfferCodeAsync(LinkSession session, CodeWish wish)
    {
        var (account, code, ephemeral) = (new Jid(wish.PhoneNumber, Jid.PhoneServer), LinkCode.Generate(), KeyPair.Generate());
        var madeAt = _time.GetUtcNow();
        // The wrap is slow on purpose: not on the owner's scheduler.
        var wrapped = await Task.Run(() => LinkCodeKeyWrap.Wrap(ephemeral.PublicKey, code));
        var hello = LinkCodeStanzas.CompanionHello(account, wrapped, Credentials.NoiseKey.PublicKey, _options.DeviceName);
        var answer = await session.Connection.QueryAsync(hello, QueryPatience, session.Connection.Closed);
        var reference = LinkCodeStanzas.ReferenceIn(answer) ?? throw new IqErrorException(0, "companion_hello was answered without a ref");
        // The code dies with the round: then the server closes the connection.
        var dies = madeAt + PendingLinkCode.Lifetime;
        session.Offer(new PendingLinkCode(account, code, ephemeral, reference, dies < session.RoundEndsAt ? dies : session.RoundEndsAt), wish);
    }

    private void OnLinkCode(Node stanza, DeviceStep step)
    {
        step.Send.Add(StanzaAck.Of(stanza, null));
        if (_session is not { IsPaired: false, LinkCode: { } pending } session || CredentialsIn(step).IsPaired || !LinkCodeStanzas.Names(stanza, pending.Reference))
            return;
        if (LinkCodeStanzas.IsRefresh(stanza))
        {
            step.AfterCommit.Add(() => session.Offer(null, null));
            step.AfterCommit.Add(session.WantCode);
        }
        else if (LinkCodeStanzas.IsPrimaryHello(stanza, out var wrapped, out var identityKey))
            OnPrimaryHello(session, pending, wrapped.Span, identityKey.Span, step);
    }

    private void OnPrimaryHello(LinkSession session, PendingLinkCode pending, ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> identityKey, DeviceStep step)
    {
        step.AfterCommit.Add(pending.CountExchange);
        if (pending.IsOver(_time.GetUtcNow()))
        {
            LogCodeOver(_logger);
            step.AfterCommit.Add(() => session.Offer(null, null));
            return;
        }
        try
        {
            var identity = CredentialsIn(step).Identity.IdentityKey;
            var finish = pending.Finish(identity, wrapped, identityKey);
            // Durable before the phone can use it.
            step.Batch.Credentials = CredentialsIn(step) with { AdvSecret = finish.AdvSecret };
            var stanza = LinkCodeStanzas.CompanionFinish(pending.Account, finish.Bundle, identity.PublicKey, pending.Reference);
            step.AfterCommit.Add(() => _ = FinishCodeAsync(session, stanza));
        }
        catch (LinkCodeException error)
        {
            LogCodeFailed(_logger, error.Reason, error);
        }
    }

    // After a result the pair-success comes by itself.
    private async Task FinishCodeAsync(LinkSession session, Node finish)
    {
        try
        {
            await session.Connection.QueryAsync(finish, QueryPatience, session.Connection.Closed);
        }
        catch (Exception error) when (error is IqErrorException or TimeoutException)
        {
            LogFinishRefused(_logger, error);
            // The secret is another one now: so is the QR.
            session.Redraw();
        }
        catch (Exception error) when (error is LinkClosedException or OperationCanceledException)
        {
            // The next connection starts over.
        }
    }

    private PairingCode? CodeOnShow(LinkSession session) =>
        session.LinkCode is { } code && !code.IsOver(_time.GetUtcNow()) ? new PairingCode(code.Text, code.ExpiresAt) : null;

    [LoggerMessage(Level = LogLevel.Warning, Message = "the server gave no link code: {Code}; the QR stays on show")]
    private static partial void LogCodeRefused(ILogger logger, int code);

    [LoggerMessage(Level = LogLevel.Information, Message = "the link code is too old or was tried too often")]
    private static partial void LogCodeOver(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the phone's answer to the link code cannot be used: {Reason}")]
    private static partial void LogCodeFailed(ILogger logger, LinkCodeFailure reason, Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "the exchange by link code failed; the phone may try again")]
    private static partial void LogFinishRefused(ILogger logger, Exception error);
}
