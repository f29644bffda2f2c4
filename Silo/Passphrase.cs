using System.Text;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Silo;

/// <summary>What seals an export: <c>EXPORT_PASSPHRASE</c>, or asked for at the terminal without an echo.</summary>
internal static class Passphrase
{
    private const string Name = "EXPORT_PASSPHRASE";

    /// <summary>Gets it.</summary>
    /// <param name="configuration">Of the start.</param>
    /// <param name="twice">Asked for twice: a slip would make the file worthless.</param>
    /// <exception cref="BadConfigurationException">Not set, and nobody to ask; or typed differently.</exception>
    public static string Get(IConfiguration configuration, bool twice)
    {
        if (configuration[Name] is { Length: > 0 } given)
            return given;
        if (Console.IsInputRedirected)
            throw new BadConfigurationException($"{Name} must be set where there is no terminal to ask at");
        var passphrase = Ask("passphrase: ");
        return !twice || Ask("again: ") == passphrase ? passphrase : throw new BadConfigurationException("the two passphrases differ");
    }

    private static string Ask(string prompt)
    {
        Console.Error.Write(prompt);
        var text = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
            if (key.Key == ConsoleKey.Backspace)
                text.Length = Math.Max(0, text.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                text.Append(key.KeyChar);
        Console.Error.WriteLine();
        return text.ToString();
    }
}
