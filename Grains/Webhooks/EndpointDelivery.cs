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

    // Stop in time to let go of claims before they run out: one more try may take the client's whole patience.
    private readonly TimeSpan _claimBudget = Visibility - client.Timeout - TimeSpan.FromSeconds(5);
    private Task _deleting = Task.CompletedTask;
    private List<long> _delivered = [];

    /// <summary>The endpoint answered 410: rows are buried until it is configured anew.</summary>
    public bool Disabled { get; set; }

    /// <summary>Delivers until nothing is due. Returns true when the endpoint has just been disabled.</summary>
    /// <param name="stopping">No further post is begun; claims are let go.</param>
    /// <param name="abort">The post under way is cut off as well.</param>
    public async Task<bool> DrainAsync(CancellationToken stopping, CancellationToken abort)
    {
        // What the store would not take the last time.
        await FlushDeletesAsync();
        while (!stopping.IsCancellationRequested)
        {
            var rows = await outbox.ClaimAsync(instanceId, endpoint.Id, ClaimSize, Visibility, CancellationToken.None);
            if (rows.Count == 0)
                return false;
            var wasDisabled = Disabled;
            var goOn = await DeliverAsync(rows, stopping, abort);
            await FlushDeletesAsync();
            if (Disabled != wasDisabled)
                return true;
            // Fewer than asked for: that was all. What is committed after it comes with a poke, and is seen when the next turn is planned.
            if (!goOn || rows.Count < ClaimSize)
                return false;
        }
        return false;
    }

    // False: nothing more can be done now.
    private async Task<bool> DeliverAsync(IReadOnlyList<OutboxRow> rows, CancellationToken stopping, CancellationToken abort)
    {
        var started = time.GetTimestamp();
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            if (stopping.IsCancellationRequested || time.GetElapsedTime(started) > _claimBudget)
            {
                await ReleaseAsync(rows, i);
                return true;
            }
            if (Disabled)
            {
                await BuryAsync(row, row.Attempts, "endpoint disabled by 410");
                continue;
            }
            if (await PostAsync(row, abort) is not { } outcome)
            {
                await ReleaseAsync(rows, i);
                return false;
            }
            if (outcome.Delivered)
            {
                Delete(row.Sequence);
                continue;
            }
            await FlushDeletesAsync();
            if (!await FailAsync(rows, i, outcome))
                return false;
        }
        return true;
    }

    // Null: cut off.
    private async Task<DeliveryOutcome?> PostAsync(OutboxRow row, CancellationToken abort)
    {
        try
        {
            return await client.PostAsync(instanceId, endpoint, row, abort);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            return null;
        }
    }

    // False: order demands to wait for this row.
    private async Task<bool> FailAsync(IReadOnlyList<OutboxRow> rows, int index, DeliveryOutcome outcome)
    {
        var row = rows[index];
        var attempts = row.Attempts + 1;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        LogFailed(logger, instanceId, endpoint.Id, row.EventId, attempts, outcome.Reason);
        if (outcome.Gone || WebhookBackoff.IsExhausted(endpoint.Retries, attempts, TimeSpan.FromMilliseconds(now - row.CreatedAt)))
        {
            Disabled |= outcome.Gone;
            await BuryAsync(row, attempts, outcome.Reason);
            return true;
        }
        var delay = WebhookBackoff.Delay(endpoint.Retries, attempts, Random.Shared.NextDouble(), outcome.RetryAfter);
        await outbox.RescheduleAsync(instanceId, endpoint.Id, row.Sequence, attempts, now + (long)delay.TotalMilliseconds, After(rows, index), CancellationToken.None);
        return false;
    }

    private ValueTask BuryAsync(OutboxRow row, int attempts, string reason) =>
        outbox.BuryAsync(instanceId, endpoint.Id, row.Sequence, attempts, reason, CancellationToken.None);

    private async ValueTask ReleaseAsync(IReadOnlyList<OutboxRow> rows, int from)
    {
        await FlushDeletesAsync();
        var row = rows[from];
        await outbox.RescheduleAsync(instanceId, endpoint.Id, row.Sequence, row.Attempts, row.DueAt, After(rows, from), CancellationToken.None);
    }

    private static List<long> After(IReadOnlyList<OutboxRow> rows, int index) => [.. rows.Skip(index + 1).Select(row => row.Sequence)];

    // Deletes run beside the next post: while one is under way, the following ones gather.
    private void Delete(long sequence)
    {
        _delivered.Add(sequence);
        if (_deleting.IsCompletedSuccessfully)
            _deleting = DeleteGatheredAsync();
    }

    private async Task DeleteGatheredAsync()
    {
        while (_delivered.Count > 0)
        {
            var batch = _delivered;
            _delivered = [];
            try
            {
                await outbox.DeleteAsync(instanceId, endpoint.Id, batch, CancellationToken.None);
            }
            catch
            {
                // Delivered they are: keep them in mind, or they would be posted again.
                _delivered.InsertRange(0, batch);
                throw;
            }
        }
    }

    private async Task FlushDeletesAsync()
    {
        await _deleting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _deleting = DeleteGatheredAsync();
        await _deleting;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "webhook {EndpointId} of {InstanceId}: event {EventId} try {Attempt} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string instanceId, string endpointId, string eventId, int attempt, string reason);
}
