using Microsoft.AspNetCore.Http.Features;
using Orleans.Runtime;
using WhatsApp.Gateway.Requests;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Gateway.Errors;

/// <summary>
/// In a cluster instances move and silos die: a request that met such a moment is tried again for up to <see cref="Patience"/>, then the answer
/// is 503 instance-busy. Tried again is what certainly was not done (refused before it began), and reads always. Without any silo the
/// answer is 503 at once. In embedded mode nothing moves.
/// </summary>
internal sealed class MovingInstances(RequestDelegate next, ClusterConnection cluster, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(400);

    public Task InvokeAsync(HttpContext context) => cluster.IsRemote && context.GetEndpoint() is not null && !IsOpen(context) ? TryAsync(context) : next(context);

    private async Task TryAsync(HttpContext context)
    {
        if (!cluster.IsUp)
            throw new ProblemException("instance-busy", "no silo of the cluster can be reached; try again");
        var request = context.Request;
        var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        // A body that can be read twice; larger ones are files, whose senders try again themselves.
        var isRepeatable = isRead || request.ContentLength is <= JsonBody.MaxBytes || context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };
        if (!isRead && isRepeatable)
            request.EnableBuffering();
        var (since, pause) = (time.GetTimestamp(), TimeSpan.FromMilliseconds(50));
        while (true)
        {
            try
            {
                await next(context);
                return;
            }
            catch (Exception error) when (isRepeatable && !context.Response.HasStarted && IsPassing(error, isRead) && time.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(pause, time, context.RequestAborted);
            }
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            if (!isRead)
                request.Body.Position = 0;
        }
    }

    // What this process answers by itself.
    private static bool IsOpen(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<Security.RequiredScope>() is { Scope: null or Security.Access.Metrics };

    // A rejection was never delivered; of a silo that died under the call nobody knows how far it came.
    private static bool IsPassing(Exception error, bool isRead) => error switch
    {
        InstanceProblemException { Code: "instance-busy" } => true,
        SiloUnavailableException => isRead,
        OrleansMessageRejectionException => true,
        _ => false,
    };
}
