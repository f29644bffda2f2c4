using Orleans.Runtime;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Gateway.Errors;

/// <summary>The one place where exceptions become answers, and where they are logged.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        RequestId.Stamp(context);
        try
        {
            await next(context);
            await DescribeEmptyAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone: nobody to answer.
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, error);
        }
    }

    private Task AnswerAsync(HttpContext context, Exception error)
    {
        switch (error)
        {
            case ProblemException problem:
                return ProblemWriter.WriteAsync(context, problem.Code, problem.Message, problem.Errors, problem.Facts);
            case InstanceProblemException problem when problem.Facts.TryGetValue("pointer", out var pointer):
                return ProblemWriter.WriteAsync(context, problem.Code, problem.Message, [new FieldError(pointer, "invalid-value", problem.Message)],
                    problem.Facts.Where(fact => fact.Key != "pointer").ToDictionary(StringComparer.Ordinal));
            case InstanceProblemException problem:
                return ProblemWriter.WriteAsync(context, problem.Code, problem.Message, null, problem.Facts);
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return ProblemWriter.WriteAsync(context, "body-too-large", "the body is larger than this route takes");
            case BadHttpRequestException bad:
                return ProblemWriter.WriteAsync(context, "malformed-json", bad.Message);
            case OrleansException or TimeoutException or OperationCanceledException:
                LogBusy(logger, RequestId.Of(context), error);
                return ProblemWriter.WriteAsync(context, "instance-busy", "the instance did not answer in time; try again");
            default:
                LogFailed(logger, RequestId.Of(context), error);
                return ProblemWriter.WriteAsync(context, "internal", "the request failed; the log has the details under this requestId");
        }
    }

    // Routing answers unknown paths and methods without a body.
    private static Task DescribeEmptyAsync(HttpContext context) => context.Response switch
    {
        { HasStarted: false, StatusCode: 404, ContentType: null } => ProblemWriter.WriteAsync(context, "not-found", "no such route"),
        { HasStarted: false, StatusCode: 405 } => ProblemWriter.WriteAsync(context, "method-not-allowed", $"{context.Request.Method} is not allowed on this route"),
        { HasStarted: false, StatusCode: 415 } => ProblemWriter.WriteAsync(context, "unsupported-media-type", "send application/json"),
        _ => Task.CompletedTask,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "request {RequestId} failed")]
    private static partial void LogFailed(ILogger logger, string requestId, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "request {RequestId}: no answer from the cluster")]
    private static partial void LogBusy(ILogger logger, string requestId, Exception error);
}
