using System.Globalization;

namespace WhatsApp.Load;

/// <summary>Numbers from the command line.</summary>
internal static class Arguments
{
    /// <summary>The number at a place; its normal value when it is not given.</summary>
    /// <exception cref="FormatException">Not a number within the limits.</exception>
    public static int Number(this string[] arguments, int place, string name, int normal, int least, int most) =>
        arguments.Length <= place ? normal
        : int.TryParse(arguments[place], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw new FormatException($"{name} is a number from {least} to {most}");
}
