using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Pairing;

namespace WhatsApp.Protocol;

// Linking when the server demands a passkey (wire/01 §7.6): demand → assertion and prologue → the phone's key → our nonce → [codes compared] → our keys → pair-success.
public sealed partial class WhatsAppDevice
{
    private IStanzaHandler[] PasskeyRules() =>
    [
        new StanzaRule(PasskeyStanzas.IsRequest, OnPasskeyRequest),
        new StanzaRule(PasskeyStanzas.IsContinuation, OnPasskeyContinuation),
    ];

    /// <inheritdoc/>
    public async Task AnswerPasskeyAsync(PasskeyAssertion assertion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(assertion);
        var (session, pending) = Demanded();
        if (pending.Prologue is not null)
            throw new PasskeyNotAskedException("the passkey was handed in already");
        var answer = await session.Connection.QueryAsync(PasskeyStanzas.AskReference(), QueryPatience, cancellationToken);
        var reference = PasskeyStanzas.ReferenceIn(answer) ?? throw new IqErrorException(0, "the server gave no ref");
        var prologue = PasskeyExchange.Begin(reference, (int)CompanionPlatform.Parse(_options.DeviceName).Type);
        var proof = pending.ProofFor(prologue, _time.GetUtcNow());
        // The phone may answer before the server does.
        (pending.Prologue, pending.HasProof) = (prologue, proof is not null);
        try
        {
            await session.Connection.QueryAsync(PasskeyStanzas.Prologue(assertion.CredentialId, assertion.Json, prologue.Payload, proof), QueryPatience, cancellationToken);
        }
        catch (Exception) when (pending.Key is null)
        {
            pending.Prologue = null;
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task ConfirmPasskeyAsync(CancellationToken cancellationToken)
    {
        var (session, pending) = Demanded();
        if (pending is not { Key: { } key, HasProof: false })
            throw new PasskeyNotAskedException("there is no code to compare");
        await SendKeysAsync(session, key, cancellationToken);
    }

    private (LinkSession Session, PendingPasskey Pending) Demanded() =>
        _session is { IsPaired: false, Passkey: { } pending, Connection.Ended.IsCompleted: false } session ? (session, pending) : throw new PasskeyNotAskedException("no passkey is demanded");

    // The secret the phone has read is spent; what it read becomes the proof.
    private void OnPasskeyRequest(Node stanza, DeviceStep step)
    {
        step.Send.Add(StanzaAck.Of(stanza, null));
        if (_session is not { IsPaired: false } session || CredentialsIn(step).IsPaired)
            return;
        var handoff = PasskeyExchange.HandoffKey(CredentialsIn(step).AdvSecret);
        step.Batch.Credentials = CredentialsIn(step) with { AdvSecret = RandomNumberGenerator.GetBytes(32) };
        step.AfterCommit.Add(() =>
        {
            session.Demand(new PendingPasskey(handoff, _time.GetUtcNow()));
            _ = RunScriptAsync(session, _ => ShowDemandAsync(session, PasskeyStanzas.OptionsIn(stanza)));
        });
    }

    private async Task ShowDemandAsync(LinkSession session, string? options)
    {
        options ??= PasskeyStanzas.OptionsIn(await session.Connection.QueryAsync(PasskeyStanzas.AskOptions(), QueryPatience, session.Connection.Closed))
            ?? throw new IqErrorException(0, "the server demands a passkey without telling how");
        await CommitAsync(batch => batch.Events.Add(new PasskeyRequired(options)), session.Connection.Closed);
        _board.Change(shown => shown with { Status = DeviceStatus.PasskeyRequired, Qr = null, Passkey = new PasskeyDemand(options, null) });
    }

    private void OnPasskeyContinuation(Node stanza, DeviceStep step)
    {
        step.Send.Add(StanzaAck.Of(stanza, null));
        if (_session is not { IsPaired: false, Passkey: { Prologue: { } prologue, Key: null } pending } session || PasskeyStanzas.PrimaryIn(stanza) is not { } primary)
            return;
        try
        {
            pending.Key = PasskeyExchange.EncryptionKey(prologue.Ephemeral, primary.Key, prologue.Platform, prologue.Reference);
            var code = PasskeyExchange.Code(prologue.Nonce, primary.Key, primary.Nonce);
            step.AfterCommit.Add(() => _ = RunScriptAsync(session, _ => RevealAsync(session, pending, prologue, code)));
        }
        catch (LinkCodeException error)
        {
            LogPasskeyFailed(_logger, error.Reason, error);
        }
    }

    private async Task RevealAsync(LinkSession session, PendingPasskey pending, PasskeyPrologue prologue, LinkCode code)
    {
        await session.Connection.QueryAsync(PasskeyStanzas.Nonce(prologue.Nonce), QueryPatience, session.Connection.Closed);
        if (pending.HasProof)
        {
            await SendKeysAsync(session, pending.Key!, session.Connection.Closed);
            return;
        }
        await CommitAsync(batch => batch.Events.Add(new PasskeyConfirm(code.Display)), session.Connection.Closed);
        _board.Change(shown => shown with { Status = DeviceStatus.PasskeyConfirm, Passkey = shown.Passkey is { } demand ? demand with { Code = code.Display } : null });
    }

    // The pair-success comes by itself.
    private async Task SendKeysAsync(LinkSession session, byte[] key, CancellationToken cancellationToken)
    {
        var credentials = Credentials;
        var request = PasskeyExchange.Seal(key, credentials.NoiseKey.PublicKey, credentials.Identity.IdentityKey.PublicKey, credentials.AdvSecret);
        await session.Connection.QueryAsync(PasskeyStanzas.Request(request), QueryPatience, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the phone's answer to the passkey cannot be used: {Reason}")]
    private static partial void LogPasskeyFailed(ILogger logger, LinkCodeFailure reason, Exception error);
}
