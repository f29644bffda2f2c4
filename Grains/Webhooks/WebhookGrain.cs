using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Webhooks;

/// <summary>What outlives an activation of the webhook grain; small and slow.</summary>
[GenerateSerializer, Alias("wa.WebhookState")]
public sealed class WebhookState
{
    /// <summary>Endpoints that answered 410, with the URL they had then: a new URL starts enabled.</summary>
    [Id(0)] public Dictionary<string, string> DisabledUrls { get; set; } = [];
}

/// <summary>
/// Delivers one instance's outbox (orleans-notes §6): a poke starts delivery; a failure waits by timer, long waits also by a reminder,
/// so that a backlog survives the silo. The rows are the truth; pokes and ticks may be missed or doubled.
/// </summary>
internal sealed partial class WebhookGrain(
    [PersistentState("webhook")] IPersistentState<WebhookState> state,
    IInstanceRegistry registry, IOutboxStore outbox, WebhookClient client, TimeProvider time, ILogger<WebhookGrain> logger)
    : Grain, IWebhookGrain, IRemindable, IDisposable
{
    private const string ReminderName = "outbox";
    private static readonly TimeSpan LongestTimer = TimeSpan.FromSeconds(60);
    // Orleans refuses reminders under a minute.
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stopping = new();
    private Dictionary<string, EndpointDelivery> _endpoints = [];
    private readonly HashSet<string> _busy = [];
    private readonly HashSet<string> _again = [];
    private IGrainTimer? _timer;
    private bool _reminderSet;

    private string InstanceId => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var definition = await registry.FindAsync(InstanceId, cancellationToken);
        if (definition is null)
            return;
        foreach (var endpoint in definition.Request.Webhooks)
            _endpoints[endpoint.Id] = new EndpointDelivery(InstanceId, endpoint, outbox, client, time, logger)
            {
                Disabled = state.State.DisabledUrls.TryGetValue(endpoint.Id, out var url) && url == endpoint.Url,
            };
        _reminderSet = await this.GetReminder(ReminderName, cancellationToken) is not null;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _stopping.CancelAsync();

    public void Dispose() => _stopping.Dispose();

    public Task PokeAsync()
    {
        foreach (var id in _endpoints.Keys)
            Start(id);
        return Task.CompletedTask;
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (_endpoints.Count == 0 && await this.GetReminder(reminderName) is { } orphan)
            await this.UnregisterReminder(orphan);
        await PokeAsync();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        _timer?.Dispose();
        _endpoints = [];
        await state.ClearStateAsync(cancellationToken);
        if (await this.GetReminder(ReminderName, cancellationToken) is { } reminder)
            await this.UnregisterReminder(reminder, cancellationToken);
        DeactivateOnIdle();
    }

    // Not awaited by the caller: runs on this grain's scheduler until nothing is due.
    private void Start(string endpointId)
    {
        if (!_busy.Add(endpointId))
            _again.Add(endpointId);
        else
            _ = RunAsync(endpointId);
    }

    private async Task RunAsync(string endpointId)
    {
        try
        {
            do
            {
                _again.Remove(endpointId);
                if (await _endpoints[endpointId].DrainAsync(_stopping.Token))
                    await RememberDisabledAsync(endpointId);
            }
            while (_again.Contains(endpointId) && !_stopping.IsCancellationRequested);
            await PlanNextAsync();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            // The store is away: rows keep, and this grain looks again soon.
            LogDeliveryStopped(logger, InstanceId, endpointId, error);
            SetTimer(TimeSpan.FromSeconds(5));
        }
        finally
        {
            _busy.Remove(endpointId);
            if (_again.Remove(endpointId) && !_stopping.IsCancellationRequested)
                Start(endpointId);
        }
    }

    private async Task PlanNextAsync()
    {
        var next = await outbox.NextDueAsync(InstanceId, _stopping.Token);
        if (next.Count == 0)
        {
            if (_reminderSet && await this.GetReminder(ReminderName) is { } reminder)
                await this.UnregisterReminder(reminder);
            _reminderSet = false;
            return;
        }
        var wait = TimeSpan.FromMilliseconds(Math.Max(next.Values.Min() - time.GetUtcNow().ToUnixTimeMilliseconds(), 0));
        SetTimer(wait < LongestTimer ? wait : LongestTimer);
        if (wait > LongestTimer && !_reminderSet)
        {
            await this.RegisterOrUpdateReminder(ReminderName, wait, ReminderPeriod);
            _reminderSet = true;
        }
    }

    private void SetTimer(TimeSpan wait)
    {
        _timer?.Dispose();
        _timer = this.RegisterGrainTimer(
            static (grain, _) => grain.PokeAsync(),
            this,
            new GrainTimerCreationOptions(wait + TimeSpan.FromMilliseconds(10), Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
    }

    private async Task RememberDisabledAsync(string endpointId)
    {
        var definition = await registry.FindAsync(InstanceId, _stopping.Token);
        if (definition?.Request.Webhooks.FirstOrDefault(endpoint => endpoint.Id == endpointId) is not { } endpoint)
            return;
        state.State.DisabledUrls[endpointId] = endpoint.Url;
        await state.WriteStateAsync();
        LogDisabled(logger, InstanceId, endpointId);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "delivery of {InstanceId}/{EndpointId} stopped; trying again in 5 s")]
    private static partial void LogDeliveryStopped(ILogger logger, string instanceId, string endpointId, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "webhook {EndpointId} of {InstanceId} answered 410 and is disabled")]
    private static partial void LogDisabled(ILogger logger, string instanceId, string endpointId);
}
