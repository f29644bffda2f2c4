using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Telemetry;

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
    IInstanceRegistry registry, IOutboxStore outbox, WebhookClient client, RepeatedErrors errors, IOptions<WebhookOptions> options, TimeProvider time, ILogger<WebhookGrain> logger)
    : Grain, IWebhookGrain, IRemindable, IDisposable
{
    private const string ReminderName = "outbox";
    private static readonly TimeSpan LongestTimer = TimeSpan.FromSeconds(60);
    // Orleans refuses reminders under a minute.
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly SemaphoreSlim _onePlan = new(1, 1);
    private readonly Dictionary<string, Task> _running = [];
    private readonly HashSet<string> _again = [];
    private Dictionary<string, (WebhookEndpoint Endpoint, EndpointDelivery Delivery)> _endpoints = [];
    private IGrainTimer? _timer;
    // Null: not known. One of an activation before ours is then left alone: its tick tells of it.
    private bool? _reminderSet;

    private string InstanceId => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // This is the instance's only deliverer: whoever claimed rows before it is gone, and waiting for them would only delay what follows.
        if (await outbox.BeginAsync(InstanceId, cancellationToken) is not { } definition)
            return;
        foreach (var endpoint in definition.Request.Webhooks)
        {
            var disabled = state.State.DisabledUrls.TryGetValue(endpoint.Id, out var url) && url == endpoint.Url;
            _endpoints[endpoint.Id] = (endpoint, new EndpointDelivery(InstanceId, endpoint, outbox, client, time, logger) { Disabled = disabled });
            if (disabled && !endpoint.Gone)
                _ = TellAsync(endpoint, gone: true);
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        _abort.CancelAfter(options.Value.StopGrace);
        await Task.WhenAll(_running.Values);
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _abort.Dispose();
        _onePlan.Dispose();
    }

    public Task PokeAsync()
    {
        foreach (var id in _endpoints.Keys)
            Start(id);
        return Task.CompletedTask;
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        _reminderSet = true;
        // The instance was deleted while the process died.
        if (_endpoints.Count == 0)
            await ForgetAsync(CancellationToken.None);
        await PokeAsync();
    }

    public async Task<IReadOnlyList<DeadDelivery>> ListDeadAsync((long Sequence, string EndpointId)? before, int limit, CancellationToken cancellationToken)
    {
        await RequireInstanceAsync(cancellationToken);
        return await outbox.ListDeadAsync(InstanceId, before, limit, cancellationToken);
    }

    public async Task<int> ReplayAsync(string eventId, CancellationToken cancellationToken)
    {
        await RequireInstanceAsync(cancellationToken);
        var endpoints = await outbox.ReviveAsync(InstanceId, eventId, cancellationToken);
        foreach (var id in endpoints)
        {
            // Whoever sends again wants it tried again; a second 410 disables it again.
            if (_endpoints.TryGetValue(id, out var known) && known.Delivery.Disabled)
            {
                known.Delivery.Disabled = false;
                state.State.DisabledUrls.Remove(id);
                await state.WriteStateAsync(cancellationToken);
                _ = TellAsync(known.Endpoint, gone: false);
            }
            Start(id);
        }
        return endpoints.Count;
    }

    private async Task RequireInstanceAsync(CancellationToken cancellationToken)
    {
        if (_endpoints.Count == 0 && await registry.FindAsync(InstanceId, cancellationToken) is null)
            throw new InstanceProblemException("instance-not-found", $"there is no instance {InstanceId}");
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _endpoints = [];
        _timer?.Dispose();
        await _stopping.CancelAsync();
        await _abort.CancelAsync();
        await Task.WhenAll(_running.Values);
        await ForgetAsync(cancellationToken);
        DeactivateOnIdle();
    }

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        if (state.RecordExists)
            await state.ClearStateAsync(cancellationToken);
        await RemoveReminderAsync();
    }

    // Not awaited by the caller: runs on this grain's scheduler until nothing is due.
    private void Start(string endpointId)
    {
        if (_stopping.IsCancellationRequested)
            return;
        _again.Add(endpointId);
        if (!_running.TryGetValue(endpointId, out var running) || running.IsCompleted)
            _running[endpointId] = RunAsync(endpointId);
    }

    private async Task RunAsync(string endpointId)
    {
        try
        {
            while (_again.Remove(endpointId) && _endpoints.TryGetValue(endpointId, out var known))
            {
                if (await known.Delivery.DrainAsync(_stopping.Token, _abort.Token))
                    await RememberDisabledAsync(known.Endpoint);
                if (!_again.Contains(endpointId))
                    await PlanNextAsync();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The next owner looks for itself.
        }
        catch (Exception error)
        {
            // The store is away: rows keep, and this grain looks again soon.
            errors.Tell(logger, "delivery stopped; trying again in 5 s", $"{InstanceId}/{endpointId}", error);
            SetTimer(TimeSpan.FromSeconds(5));
        }
    }

    private async Task PlanNextAsync()
    {
        await _onePlan.WaitAsync(_stopping.Token);
        try
        {
            var next = (await outbox.NextDueAsync(InstanceId, _stopping.Token)).Where(due => _endpoints.ContainsKey(due.Key)).ToList();
            if (next.Count == 0)
            {
                if (_reminderSet == true)
                    await RemoveReminderAsync();
                return;
            }
            var wait = TimeSpan.FromMilliseconds(Math.Max(next.Min(due => due.Value) - time.GetUtcNow().ToUnixTimeMilliseconds(), 0));
            SetTimer(wait < LongestTimer ? wait : LongestTimer);
            if (wait > LongestTimer)
                await SetReminderAsync(wait);
        }
        finally
        {
            _onePlan.Release();
        }
    }

    private void SetTimer(TimeSpan wait)
    {
        _timer?.Dispose();
        _timer = _stopping.IsCancellationRequested ? null : this.RegisterGrainTimer(
            static (grain, _) => grain.PokeAsync(),
            this,
            new GrainTimerCreationOptions(wait + TimeSpan.FromMilliseconds(10), Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
    }

    private async Task SetReminderAsync(TimeSpan wait)
    {
        if (_reminderSet == true)
            return;
        await this.RegisterOrUpdateReminder(ReminderName, wait, ReminderPeriod);
        _reminderSet = true;
    }

    private async Task RemoveReminderAsync()
    {
        if (_reminderSet == false)
            return;
        if (await this.GetReminder(ReminderName) is { } reminder)
            await this.UnregisterReminder(reminder);
        _reminderSet = false;
    }

    private async Task RememberDisabledAsync(WebhookEndpoint endpoint)
    {
        state.State.DisabledUrls[endpoint.Id] = endpoint.Url;
        await state.WriteStateAsync();
        _ = TellAsync(endpoint, gone: true);
        LogDisabled(logger, InstanceId, endpoint.Id);
    }

    // So that it is shown. Not awaited: the instance may be waiting for this grain. What is not told now is told at the next activation.
    private async Task TellAsync(WebhookEndpoint endpoint, bool gone)
    {
        try
        {
            await GrainFactory.GetGrain<IInstanceGrain>(InstanceId).EndpointGoneAsync(endpoint.Id, endpoint.Url, gone, CancellationToken.None);
        }
        catch (Exception error)
        {
            LogNotTold(logger, InstanceId, endpoint.Id, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{InstanceId} could not be told whether its webhook {EndpointId} is gone")]
    private static partial void LogNotTold(ILogger logger, string instanceId, string endpointId, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "webhook {EndpointId} of {InstanceId} answered 410 and is disabled")]
    private static partial void LogDisabled(ILogger logger, string instanceId, string endpointId);
}
