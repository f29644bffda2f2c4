using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

// Messages that wait: for their time, or for the connection. The rows are durable; the device sends them when they are due.
internal sealed partial class InstanceGrain : IQueueGrain
{
    private const int MaxQueued = 10_000;

    public async Task<QueuePage> ListQueueAsync(QueueCursor? after, int limit, CancellationToken cancellationToken)
    {
        RequireExists();
        var rows = await sessions.ListQueuedAsync(InstanceId, after is null ? (0, "") : (after.CreatedAt, after.Id), limit + 1, cancellationToken);
        var (_, total) = await sessions.CountQueuedAsync(InstanceId, 0, 0, cancellationToken);
        var next = rows.Count > limit ? new QueueCursor(rows[limit - 1].CreatedAt, rows[limit - 1].Key.Id) : null;
        return new QueuePage([.. rows.Take(limit).Select(Queued)], next, total);
    }

    public async Task CancelQueuedAsync(string messageId, CancellationToken cancellationToken)
    {
        if (!await AskDeviceAsync(device => device.CancelAsync(messageId, cancellationToken)))
            throw new InstanceProblemException("message-not-found", $"no message {messageId} waits in the queue: it never did, or it has left");
    }

    private async Task<SendReceipt> QueueAsync(IWhatsAppDevice device, OutgoingMessage message, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (message.NotBefore <= now)
            message = message with { NotBefore = null };
        var due = message.NotBefore ?? (message.Delay > TimeSpan.Zero ? now + message.Delay : null);
        var (ahead, total) = await sessions.CountQueuedAsync(InstanceId, due?.ToUnixTimeMilliseconds() ?? 0, message.Priority, cancellationToken);
        if (total >= MaxQueued)
            throw new InstanceProblemException("rate-limited", $"{MaxQueued} messages wait already", new Dictionary<string, string> { ["scope"] = "instance" });
        var isOpen = device.Snapshot.Status == DeviceStatus.Open;
        var id = await device.QueueAsync(message, cancellationToken);
        var to = message.To ?? (await _host!.FindMessagesAsync(id, cancellationToken)).FirstOrDefault(row => row.FromMe)?.Key.Chat;
        return new SendReceipt(id, to?.ToString() ?? "", message.NotBefore is null ? "queued" : "scheduled", now.ToUnixTimeSeconds(), message.ClientRef)
        {
            Position = ahead + 1,
            EstimatedAt = due ?? (isOpen ? now : null),
        };
    }

    private QueuedMessage Queued(StoredMessage row) => new(row.Key.Id, (row.To ?? row.Key.Chat).ToString(), row.Type, QueueStatus(row)!)
    {
        Priority = row.Priority,
        SendAt = row.DueAt > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(row.DueAt) : null,
        QueuedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.CreatedAt),
        ClientRef = row.ClientRef,
    };

    // Null when it does not wait in the queue.
    private string? QueueStatus(StoredMessage row) =>
        row.Status != MessageStatus.Queued ? null : row.DueAt > time.GetUtcNow().ToUnixTimeMilliseconds() ? "scheduled" : "queued";
}
