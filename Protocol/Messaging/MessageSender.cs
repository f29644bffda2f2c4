using System.Globalization;
using System.Runtime.ExceptionServices;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// Takes messages from "accepted" to "the server has it" (architecture §4): resolve, encrypt and commit as pending, send; <see cref="AckFollower"/> waits for the ack.
/// A message keeps its id over every repetition, so recipients see it once.
/// </summary>
internal sealed class MessageSender(IDeviceLink link, OutgoingComposer composer, Recipients recipients, AckFollower acks, ChatOrder order, LiveSends live, OutgoingStates states,
    Func<DeviceStep, StepView> viewOf, LidMap lids, ScheduledSends scheduled, ILogger logger)
{
    private const int MaxResuming = 16;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private readonly ChatOrder _lanes = new();
    private int _connection = 1;

    /// <summary>A backlog is going out: what is queued now waits for its place behind it.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Sends a message and waits for the server's ack.</summary>
    /// <exception cref="SendFailedException">With the reason.</exception>
    public async Task<SentMessage> SendAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        Check(message);
        if (!link.IsOpen)
            throw NotConnected();
        var outgoing = new Outgoing(message.MessageId ?? NewId()) { Waiting = 1 };
        var connection = _connection;
        outgoing.TryDrive(connection);
        // Taken before the look at the rows: of two that come with one id, the second finds the first here, or its row there.
        while (!live.TryAdd(outgoing))
            if (live.TryJoin(outgoing.Id) is { } first)
                return await live.WaitAsync(first, cancellationToken);
        try
        {
            if (message is { MessageId: not null, IsNewId: false } && await FindAsync(outgoing.Id, cancellationToken) is { } known)
            {
                live.Retire(outgoing, connection);
                await AdoptAsync(known, cancellationToken);
            }
            else
            {
                var composed = await composer.ComposeAsync(message, cancellationToken);
                // From here on nobody stops it half-way: a caller who goes away stops waiting.
                await StartAsync(outgoing, connection, composed.To, recipient => NewRow(message, composed.Content, outgoing.Id, recipient.Address, MessageStatus.Pending), CancellationToken.None);
            }
        }
        catch (Exception error) when (error is not (LinkClosedException or TimeoutException) || outgoing.Row is null)
        {
            var failure = error is LinkClosedException or TimeoutException ? NotConnected() : error;
            // Others may wait for the same id.
            outgoing.Outcome.TrySetResult(new SendOutcome(null, failure as SendFailedException ?? NotConnected()));
            live.Retire(outgoing, connection);
            live.Leave(outgoing);
            ExceptionDispatchInfo.Throw(failure);
        }
        catch (Exception error) when (error is LinkClosedException or TimeoutException)
        {
            // Committed: it goes out after the next login.
        }
        return await live.WaitAsync(outgoing, cancellationToken);
    }

    /// <summary>Commits a message that waits for the next connection, or starts it at once when there is one. Returns its id.</summary>
    public async Task<string> QueueAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        Check(message);
        var id = message.MessageId ?? NewId();
        if (message.MessageId is not null && await FindAsync(id, cancellationToken) is not null)
            return id;
        var composed = await composer.ComposeAsync(message, cancellationToken);
        var account = composed.To.ToAccount();
        var chat = account.IsPhone ? await lids.OtherAsync(account, cancellationToken) ?? account : account;
        var row = NewRow(message, composed.Content, id, chat, MessageStatus.Queued) with { To = account };
        var due = message.NotBefore is { } notBefore && notBefore > link.Time.GetUtcNow() ? notBefore.ToUnixTimeMilliseconds() : 0;
        row = row with { DueAt = due, Priority = message.Priority };
        try
        {
            if (!await link.RunStepAsync((step, token) => AddAsync(viewOf(step), row, token), cancellationToken))
                return id;
        }
        catch (LinkClosedException)
        {
            throw NotConnected();
        }
        // Looked at again after the commit: the watch may have passed this moment meanwhile.
        if (due > link.Time.GetUtcNow().ToUnixTimeMilliseconds())
            scheduled.Wake();
        else if (link.IsOpen && !IsDraining)
            _ = ResumeAsync(row);
        return id;
    }

    // False when another call with this id was faster.
    private static async ValueTask<bool> AddAsync(StepView view, StoredMessage row, CancellationToken cancellationToken)
    {
        await view.Rows.LoadOutgoingAsync([row.Key.Id], cancellationToken);
        if (view.Rows.Outgoing(row.Key.Id).Any())
            return false;
        view.Rows.Put(row);
        return true;
    }

    /// <summary>Takes a message out of the queue. One that is on its way, or was sent, stays: its row tells.</summary>
    public Task<bool> CancelAsync(string id, CancellationToken cancellationToken) => link.RunStepAsync(async (step, token) =>
    {
        var view = viewOf(step);
        await view.Rows.LoadOutgoingAsync([id], token);
        if (view.Rows.Outgoing(id).FirstOrDefault(row => row.Status == MessageStatus.Queued) is not { } row)
            return false;
        await view.Lids.LoadAsync([row.Key.Chat], token);
        states.Cancel(view, row);
        return true;
    }, cancellationToken);

    /// <summary>Sends a committed row that the server has not acknowledged, under the same id. Takes its place in the chat's order at once; never throws.</summary>
    public Task ResumeAsync(StoredMessage row) => DriveAsync(row, attempt: 0);

    private async Task DriveAsync(StoredMessage row, int attempt)
    {
        // Waits for its file.
        if (HeldContent.RecipeOf(row) is not null)
            return;
        var outgoing = live.GetOrAdd(row.Key.Id);
        var connection = _connection;
        if (!outgoing.TryDrive(connection))
            return;
        outgoing.Row = row;
        try
        {
            if (!link.Credentials.Jid!.Value.IsSameAccount(row.Key.Sender) && link.Credentials.Lid?.IsSameAccount(row.Key.Sender) != true)
                throw new SendFailedException("instance-not-connected", "the account this message was for is no longer linked", null, outgoing.Id);
            await StartAsync(outgoing, connection, row.To ?? row.Key.Chat, _ => row, CancellationToken.None, LaneOf(row.Key.Id));
        }
        catch (SendFailedException failure) when (failure.Nack is not { } nack || ServerAcks.ActionFor(nack) != NackAction.RetryLater)
        {
            await acks.FailAsync(outgoing, failure);
            live.Retire(outgoing, connection);
        }
        catch (LinkClosedException)
        {
            // Stays pending and goes out after the next login.
        }
        catch (Exception error) when (error is TimeoutException or SendFailedException)
        {
            _ = ResumeLaterAsync(row, connection, attempt);
        }
        catch (Exception error)
        {
            MessagingLog.SendBroken(logger, outgoing.Id, error);
        }
    }

    // The server would not tell the recipient's keys now: the row stays pending, and goes out on this connection as soon as it can.
    private async Task ResumeLaterAsync(StoredMessage row, int connection, int attempt)
    {
        try
        {
            var pause = FirstPause * Math.Pow(2, Math.Min(attempt, 16));
            await Task.Delay(pause < LongestPause ? pause : LongestPause, link.Time);
            if (link.IsOpen && connection == _connection
                && (await link.Store.LoadOutgoingAsync([row.Key.Id], CancellationToken.None)).FirstOrDefault(stored => stored.Key == row.Key) is { Status: MessageStatus.Queued or MessageStatus.Pending } now)
                await DriveAsync(now, attempt + 1);
        }
        catch (Exception error)
        {
            MessagingLog.SendBroken(logger, row.Key.Id, error);
        }
    }

    /// <summary>
    /// The connection is over: what it left half done may be taken over on the next. Counted here and not at the next login, where a message may be on its way
    /// already before the backlog is looked at: it would go out twice.
    /// </summary>
    public void OnClosed() => Interlocked.Increment(ref _connection);

    // Resolves and transmits in the chat's order, then follows the ack in the background.
    private async Task StartAsync(Outgoing outgoing, int connection, Jid to, Func<Recipient, StoredMessage> rowFor, CancellationToken cancellationToken,
        Jid? lane = null)
    {
        Transmission? transmission;
        try
        {
            using var turn = await order.EnterAsync(to.ToAccount(), cancellationToken);
            var recipient = await recipients.ResolveAsync(to, cancellationToken);
            using var inner = recipient.Address == to.ToAccount() ? null : await order.EnterAsync(recipient.Address, cancellationToken);
            using var busy = lane is { } own ? await _lanes.EnterAsync(own, cancellationToken) : null;
            outgoing.Recipient = recipient;
            var row = rowFor(recipient);
            transmission = await acks.TransmitterOf(outgoing).TransmitAsync(outgoing, row, fresh: false, cancellationToken);
        }
        catch (Exception)
        {
            live.Retire(outgoing, connection);
            throw;
        }
        _ = acks.FollowAsync(outgoing, connection, transmission);
    }

    // A caller asks for an id that exists: the answer is about that message, it is not sent twice. One that nobody is sending now, is.
    private async Task AdoptAsync(StoredMessage row, CancellationToken cancellationToken)
    {
        var chat = row.Key.Chat;
        var display = chat.IsLid ? await lids.OtherAsync(chat, cancellationToken) ?? chat : chat;
        if (row.Status == MessageStatus.Failed)
            live.Settle(row, new SendFailedException(row.Failure ?? "whatsapp-error", "this message was refused before", null, row.Key.Id), display);
        else if (row.Status >= MessageStatus.ServerAck)
            live.Settle(row, null, display);
        else if (row.Status == MessageStatus.Pending || row.DueAt <= link.Time.GetUtcNow().ToUnixTimeMilliseconds())
            _ = ResumeAsync(row);
    }

    private async Task<StoredMessage?> FindAsync(string id, CancellationToken cancellationToken) =>
        await link.Store.LoadOutgoingAsync([id], cancellationToken) is [var row, ..] ? row : null;

    // A backlog goes out over a few lanes, so that it does not ask the server for hundreds of accounts at once.
    private static Jid LaneOf(string id) => new(((uint)id.GetHashCode(StringComparison.Ordinal) % MaxResuming).ToString(CultureInfo.InvariantCulture), "lane");

    private string NewId() => MessageIds.New(link.Credentials.Jid!.Value, link.Time.GetUtcNow());

    private StoredMessage NewRow(OutgoingMessage message, Schema.Message content, string id, Jid chat, MessageStatus status)
    {
        var own = (link.Credentials.Lid ?? link.Credentials.Jid!.Value).ToAccount();
        var now = link.Time.GetUtcNow();
        return new StoredMessage(new MessageKey(chat, own, id), true, status, now.ToUnixTimeSeconds(), MessageReader.Read(content.Clone()).Type ?? ContentTypes.Unsupported)
        {
            Content = content.ToByteArray(),
            Secret = Composers.MessageSecret.Of(content),
            ClientRef = message.ClientRef,
            To = chat,
            FromApi = true,
            CreatedAt = now.ToUnixTimeMilliseconds(),
        };
    }

    private void Check(OutgoingMessage message)
    {
        if (!IsLinked)
            throw NotConnected();
        if (message.To is { IsUser: false, IsGroup: false })
            throw new SendFailedException("invalid-recipient", "the recipient is neither a person's nor a group's address");
        if (message.MessageId is { Length: 0 or > MessageIds.MaxLength })
            throw new SendFailedException("validation-failed", "a message id has 1 to 128 characters");
    }

    private bool IsLinked
    {
        get
        {
            try
            {
                return link.Credentials.IsPaired;
            }
            catch (LinkClosedException)
            {
                return false;
            }
        }
    }

    private static SendFailedException NotConnected() => new("instance-not-connected", "there is no connection to WhatsApp");
}
