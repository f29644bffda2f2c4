using System.Data.Common;
using Microsoft.AspNetCore.Connections;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Silo;

/// <summary>Turns what stops a start into the one line an operator needs.</summary>
public static class StartErrors
{
    /// <summary>The line, or null when the exception is a bug and deserves its stack trace.</summary>
    public static string? Describe(Exception error) => error switch
    {
        BadConfigurationException => $"cannot start: {error.Message}",
        IOException { InnerException: AddressInUseException inUse } => $"cannot start: {inUse.Message} (set PORT)",
        IOException or UnauthorizedAccessException or DbException => $"cannot start: {error.Message}",
        AggregateException { InnerExceptions: [{ } only] } => Describe(only),
        // What is wrong with the settings is why the others failed too.
        AggregateException many when many.Flatten().InnerExceptions.OfType<BadConfigurationException>().FirstOrDefault() is { } cause => Describe(cause),
        _ => null,
    };
}
