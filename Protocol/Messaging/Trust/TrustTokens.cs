using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging.Trust;

/// <summary>
/// Trusted-contact tokens (wire/04 §4 "tctoken"): who writes to somebody for the first time shows what that contact gave; who wrote gives one back.
/// <code>
/// &lt;notification type="privacy_token" from sender_lid&gt;&lt;tokens&gt;&lt;token type="trusted_contact" t&gt;B&lt;/token&gt;&lt;/tokens&gt;&lt;/notification&gt;
/// &lt;message&gt;…&lt;tctoken&gt;B&lt;/tctoken&gt;&lt;/message&gt;
/// &lt;iq type="set" xmlns="privacy" to="s.whatsapp.net"&gt;&lt;tokens&gt;&lt;token jid t type="trusted_contact"/&gt;&lt;/tokens&gt;&lt;/iq&gt;
/// </code>
/// </summary>
internal sealed class TrustTokens(IDeviceLink link, ChatFacts facts, ILogger logger)
{
    private const string Trusted = "trusted_contact";
    private const int MaxToken = 4096;
    private static readonly Jid OneLane = new("token", "lane");
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromHours(1);
    private readonly LruCache<Jid, long> _settled = new(2048); // nothing to do for this account before that time
    private readonly ChatOrder _lane = new();

    /// <summary>True for the notification above.</summary>
    public static bool Handles(Node stanza) => stanza.Tag == "notification" && stanza["type"] == "privacy_token";

    /// <summary>The child of a stanza to this account, or null when there is no token that holds.</summary>
    public static async ValueTask<Node?> NodeAsync(IDeviceStore store, Jid account, long now, CancellationToken cancellationToken)
    {
        account = account.ToAccount();
        return account.IsUser ? NodeOf((await store.LoadPrivacyTokensAsync([account], cancellationToken)).GetValueOrDefault(account), now) : null;
    }

    /// <summary>The same inside a step, from memory when it was looked up before.</summary>
    public static async ValueTask<Node?> NodeAsync(StepView view, Jid account, CancellationToken cancellationToken)
    {
        account = account.ToAccount();
        return account.IsUser ? NodeOf(await view.Facts.TokenAsync(view.Store, account, cancellationToken), view.Now / 1000) : null;
    }

    private static Node? NodeOf(PrivacyToken? known, long now) =>
        known is { Token: { } token, TokenAt: { } at } && TrustWindow.Holds(at, now) ? new Node("tctoken", [], token) : null;

    /// <summary>Takes what a contact gave us. The ack is the caller's.</summary>
    public static async ValueTask ApplyAsync(StepView view, Node notification, CancellationToken cancellationToken)
    {
        if (notification.JidOf("from") is not { IsUser: true } from)
            return;
        await view.Lids.LoadAsync([from], cancellationToken);
        var account = notification.JidOf("sender_lid") is { IsLid: true } lid ? lid.ToAccount() : view.Lids.Canonical(from);
        await TakeAsync(view, account, notification.Child("tokens"), cancellationToken);
    }

    /// <summary>A message to this account was accepted: gives it our token when one is due. Never throws.</summary>
    public void Give(Jid account) => _ = GiveAsync(account.ToAccount(), again: false);

    /// <summary>This account has a new identity: what we gave is given again, with its old time.</summary>
    public void GiveAgain(Jid account) => _ = GiveAsync(account.ToAccount(), again: true);

    /// <summary>Another account is linked.</summary>
    public void Clear() => _settled.Clear();

    private bool IsOwn(Jid account) => link.Credentials is var own && (own.Jid?.IsSameAccount(account) == true || own.Lid?.IsSameAccount(account) == true);

    private long Now => link.Time.GetUtcNow().ToUnixTimeSeconds();

    private async Task GiveAsync(Jid account, bool again)
    {
        if (!TrustWindow.Takes(account) || IsOwn(account) || (!again && _settled.TryGet(account, out var until) && Now < until))
            return;
        try
        {
            using var turn = await _lane.EnterAsync(OneLane, CancellationToken.None); // a backlog does not ask for hundreds at once
            await AskAsync(account, again);
        }
        catch (Exception error) when (error is IqErrorException or TimeoutException)
        {
            _settled.Set(account, Now + (long)PauseAfterRefusal.TotalSeconds);
            MessagingLog.TokenNotGiven(logger, account, error.Message);
        }
        catch (Exception error) when (error is LinkClosedException or OperationCanceledException)
        {
            // The next message to this account tries again.
        }
        catch (Exception error)
        {
            MessagingLog.SendBroken(logger, "(token)", error);
        }
    }

    private async Task AskAsync(Jid account, bool again)
    {
        var known = (await link.Store.LoadPrivacyTokensAsync([account], CancellationToken.None)).GetValueOrDefault(account);
        var now = Now;
        if (again ? known?.IssuedAt is not { } issued || !TrustWindow.Holds(issued, now) : !TrustWindow.IsDue(known?.IssuedAt, now))
        {
            _settled.Set(account, now + 3600);
            return;
        }
        var time = again ? known!.IssuedAt!.Value : now;
        var answer = await link.QueryAsync(new Node("iq", [("type", "set"), ("xmlns", "privacy"), ("to", Jid.PhoneServer)],
            [new Node("tokens", [], [new Node("token", ("jid", account.ToString()), ("t", $"{time}"), ("type", Trusted))])]), CancellationToken.None);
        await link.RunStepAsync(async (step, token) =>
        {
            var before = await FindAsync(step, link.Store, account, token);
            step.Batch.PrivacyTokens[account] = Newest(before with { IssuedAt = time }, answer.Child("tokens"));
            facts.Change(step, account);
            return true;
        }, CancellationToken.None);
        _settled.Set(account, now + 3600);
    }

    private static async ValueTask TakeAsync(StepView view, Jid account, Node? tokens, CancellationToken cancellationToken)
    {
        var before = await FindAsync(view.Step, view.Store, account, cancellationToken);
        if (Newest(before, tokens) is not { } after || after == before)
            return;
        view.Step.Batch.PrivacyTokens[account] = after;
        view.Facts.Change(view.Step, account);
    }

    private static async ValueTask<PrivacyToken> FindAsync(DeviceStep step, IDeviceStore store, Jid account, CancellationToken cancellationToken) =>
        step.Batch.PrivacyTokens.GetValueOrDefault(account)
        ?? (await store.LoadPrivacyTokensAsync([account], cancellationToken)).GetValueOrDefault(account) ?? new PrivacyToken(account);

    // An older token never replaces a newer one.
    private static PrivacyToken Newest(PrivacyToken known, Node? tokens)
    {
        foreach (var token in tokens?.ChildrenOf("token") ?? [])
            if (token["type"] == Trusted && token.Bytes is { Length: > 0 and <= MaxToken } bytes && Timestamps.Read(token["t"]) is { } at && at >= (known.TokenAt ?? 0))
                known = known with { Token = bytes.ToArray(), TokenAt = at };
        return known;
    }
}
