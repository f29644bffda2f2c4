namespace WhatsApp.Gateway;

/// <summary>Turns what stops a start into the one line an operator needs.</summary>
internal static class StartErrors
{
    /// <summary>The line, or null when the exception is a bug and deserves its stack trace.</summary>
    public static string? Describe(Exception error) => error switch
    {
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException inUse } => $"cannot start: {inUse.Message} (set PORT)",
        InvalidOperationException or UnauthorizedAccessException or IOException => $"cannot start: {error.Message}",
        _ when error.GetType().Name == "DataKeyException" => $"cannot start: {error.Message}",
        _ => null,
    };
}
