using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Webhooks;

/// <summary>
/// Delivers one endpoint's rows in sequence order, one in flight (rest-api part C). Runs on the webhook grain's scheduler.
/// A row is deleted after its 2xx; a crash in between delivers it again under the same event id.
/// </summary>
internal sealed partial class EndpointDelivery(
    string instanceId, WebhookEndpoint endpoint, IOutboxStore outbox, WebhookClient client, TimeProvider time, ILogger logger)
{
    private const int ClaimSize = 50;
    private static readonly TimeSpan Visibility = TimeSpan.FromSeconds(60);
    // Stop in time to let go of claims before they run out: one more try may take WebhookClient.Timeout.
    private static readonly TimeSpan ClaimBudget = Visibility - WebhookClient.Timeout - TimeSpan.FromSeconds(5);

    private Task _deleting = Task.CompletedTask;
    private List<long> _delivered = [];

    /// <summary>The endpoint answered 410: rows are buried until it is configured anew.</summary>
    public bool Disabled { get; set; }

    /// <summary>Delivers until nothing is due. Returns true when the endpoint has just been disabled.</summary>
    public async Task<bool> DrainAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var rows = await outbox.ClaimAsync(instanceId, endpoint.Id, ClaimSize, Visibility, cancellationToken);
            if (rows.Count == 0)
                return false;
            var wasDisabled = Disabled;
            var goOn = await DeliverAsync(rows, cancellationToken);
            await FlushDeletesAsync();
            if (Disabled != wasDisabled)
                return true;
            if (!goOn)
                return false;
        }
        return false;
    }

    private async Task<bool> DeliverAsync(IReadOnlyList<OutboxRow> rows, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            if (Disabled)
            {
                await outbox.BuryAsync(instanceId, endpoint.Id, row.Sequence, row.Attempts, "endpoint disabled by 410", cancellationToken);
                continue;
            }
            if (time.GetElapsedTime(started) > ClaimBudget)
            {
                await ReleaseAsync(rows, i, cancellationToken);
                return true;
            }
            var outcome = await client.PostAsync(instanceId, endpoint, row, cancellationToken);
            if (outcome.Delivered)
            {
                Delete(row.Sequence);
                continue;
            }
            await FlushDeletesAsync();
            if (!await FailAsync(rows, i, outcome, cancellationToken))
                return false;
        }
        return true;
    }

    // False: order demands to wait for this row.
    private async Task<bool> FailAsync(IReadOnlyList<OutboxRow> rows, int index, DeliveryOutcome outcome, CancellationToken cancellationToken)
    {
        var row = rows[index];
        var attempts = row.Attempts + 1;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        LogFailed(logger, instanceId, endpoint.Id, row.EventId, attempts, outcome.Reason);
        if (outcome.Gone)
        {
            Disabled = true;
            await outbox.BuryAsync(instanceId, endpoint.Id, row.Sequence, attempts, outcome.Reason, cancellationToken);
            return true;
        }
        if (WebhookBackoff.IsExhausted(endpoint.Retries, attempts, TimeSpan.FromMilliseconds(now - row.CreatedAt)))
        {
            await outbox.BuryAsync(instanceId, endpoint.Id, row.Sequence, attempts, outcome.Reason, cancellationToken);
            return true;
        }
        var delay = WebhookBackoff.Delay(endpoint.Retries, attempts, Random.Shared.NextDouble(), outcome.RetryAfter);
        await outbox.RescheduleAsync(instanceId, endpoint.Id, row.Sequence, attempts, now + (long)delay.TotalMilliseconds,
            [.. rows.Skip(index + 1).Select(later => later.Sequence)], cancellationToken);
        return false;
    }

    private ValueTask ReleaseAsync(IReadOnlyList<OutboxRow> rows, int from, CancellationToken cancellationToken)
    {
        var row = rows[from];
        return outbox.RescheduleAsync(instanceId, endpoint.Id, row.Sequence, row.Attempts, row.DueAt,
            [.. rows.Skip(from + 1).Select(later => later.Sequence)], cancellationToken);
    }

    // Deletes run beside the next post: while one is under way, the following ones gather.
    private void Delete(long sequence)
    {
        _delivered.Add(sequence);
        if (_deleting.IsCompleted)
            _deleting = DeleteGatheredAsync();
    }

    private async Task DeleteGatheredAsync()
    {
        while (_delivered.Count > 0)
        {
            var batch = _delivered;
            _delivered = [];
            await outbox.DeleteAsync(instanceId, endpoint.Id, batch, CancellationToken.None);
        }
    }

    private async Task FlushDeletesAsync()
    {
        await _deleting;
        await DeleteGatheredAsync();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "webhook {EndpointId} of {InstanceId}: event {EventId} try {Attempt} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string instanceId, string endpointId, string eventId, int attempt, string reason);
}
