using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Outbound;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Telemetry;

namespace WhatsApp.Grains.Webhooks;

/// <summary>What a receiver made of an event.</summary>
/// <param name="Delivered">A 2xx within the time limit.</param>
/// <param name="Gone">410: the receiver wants no more.</param>
/// <param name="Reason">Short fact for the dead letters and logs: "status 500", "timeout"…; never a body.</param>
/// <param name="RetryAfter">What a 429 or 503 asked for.</param>
public readonly record struct DeliveryOutcome(bool Delivered, bool Gone, string Reason, TimeSpan? RetryAfter);

/// <summary>Posts one event to one endpoint (rest-api part C "Envelope and headers"). Stateless, shared by all webhook grains of a silo.</summary>
public sealed class WebhookClient : IDisposable
{
    private static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "webhook-id", "webhook-timestamp", "webhook-signature", "X-Hub-Signature-256", "X-Webhook-Attempt", "X-Webhook-Event", "X-Instance-Id",
        "X-Webhook-Sequence", "Content-Type", "Content-Length", "Content-Encoding", "Host", "Transfer-Encoding", "Connection", "Expect",
    };

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <summary>A client over the guarded handler.</summary>
    public WebhookClient(OutboundGuard guard, IOptions<WebhookOptions> options, TimeProvider time)
    {
        _time = time;
        Timeout = options.Value.AnswerTimeout;
        _http = new HttpClient(guard.CreateHandler()) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("whatsapp-cluster/1");
    }

    /// <summary>A receiver must answer within this time.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>One try. Never throws but for cancellation.</summary>
    public async Task<DeliveryOutcome> PostAsync(string instanceId, WebhookEndpoint endpoint, OutboxRow row, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        var outcome = await TryAsync(instanceId, endpoint, row, cancellationToken);
        ProductMeter.Posted(ResultOf(outcome), _time.GetElapsedTime(began));
        return outcome;
    }

    // Few words: a receiver may answer with any number.
    private static string ResultOf(DeliveryOutcome outcome) => outcome switch
    {
        { Delivered: true } => "delivered",
        { Gone: true } => "gone",
        { Reason: "timeout" } => "timeout",
        { Reason: "blocked address" } => "blocked",
        { Reason: ['s', 't', 'a', 't', 'u', 's', ' ', var first, ..] } => $"{first}xx",
        _ => "unreachable",
    };

    private async Task<DeliveryOutcome> TryAsync(string instanceId, WebhookEndpoint endpoint, OutboxRow row, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var request = Request(instanceId, endpoint, row);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            return Judge(response);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DeliveryOutcome(false, false, "timeout", null);
        }
        catch (HttpRequestException error)
        {
            return new DeliveryOutcome(false, false, error.InnerException is OutboundBlockedException ? "blocked address" : $"{error.HttpRequestError}", null);
        }
        catch (Exception error) when (error is OutboundBlockedException or IOException or InvalidOperationException or UriFormatException)
        {
            return new DeliveryOutcome(false, false, error is OutboundBlockedException ? "blocked address" : error.GetType().Name, null);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(string instanceId, WebhookEndpoint endpoint, OutboxRow row)
    {
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds();
        var content = new ByteArrayContent(row.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Url) { Content = content };
        var headers = request.Headers;
        foreach (var (name, value) in endpoint.Headers)
            if (!OwnHeaders.Contains(name) && !headers.TryAddWithoutValidation(name, value))
                content.Headers.TryAddWithoutValidation(name, value);
        headers.Add("webhook-id", row.EventId);
        headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        headers.Add("X-Webhook-Attempt", (row.Attempts + 1).ToString(CultureInfo.InvariantCulture));
        headers.Add("X-Webhook-Event", row.EventName);
        headers.Add("X-Instance-Id", instanceId);
        headers.Add("X-Webhook-Sequence", row.Sequence.ToString(CultureInfo.InvariantCulture));
        if (endpoint.Secret is { Length: > 0 } secret)
        {
            headers.Add("webhook-signature", WebhookSignature.Standard(secret, row.EventId, timestamp, row.Body));
            headers.Add("X-Hub-Signature-256", WebhookSignature.Hub(secret, row.Body));
        }
        return request;
    }

    private DeliveryOutcome Judge(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
            return new DeliveryOutcome(true, false, "", null);
        var retryAfter = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
            ? response.Headers.RetryAfter?.Delta ?? (response.Headers.RetryAfter?.Date - _time.GetUtcNow())
            : null;
        return new DeliveryOutcome(false, response.StatusCode == HttpStatusCode.Gone, $"status {status}", retryAfter);
    }
}
