using System.Net.Http;
using Microsoft.AspNetCore.Http;

namespace WhatsApp.Silo;

/// <summary>
/// <c>--health</c>: a program asks the one that runs beside it, on the same machine and with the same environment, whether it lives.
/// For images without curl: <c>HEALTHCHECK CMD ["dotnet", "WhatsApp.Silo.dll", "--health"]</c>.
/// </summary>
public static class HealthQuestion
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>True when the command line is this question.</summary>
    public static bool IsAsked(string[] args) => args is ["--health"];

    /// <summary>GET /healthz where <c>LISTEN</c> or <c>PORT</c> of the environment say. Returns the exit code: 0 = it lives, 1 = it does not; why is told in one line.</summary>
    /// <param name="defaultPort">Of the program when neither is set.</param>
    public static async Task<int> AskAsync(string defaultPort)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Patience };
            using var answer = await http.GetAsync(Address(configuration, defaultPort));
            if (answer.IsSuccessStatusCode)
                return 0;
            await Console.Error.WriteLineAsync($"/healthz answers {(int)answer.StatusCode}");
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or FormatException or UriFormatException)
        {
            await Console.Error.WriteLineAsync($"/healthz does not answer: {error.GetBaseException().Message}");
        }
        return 1;
    }

    private static Uri Address(IConfiguration configuration, string defaultPort)
    {
        if (configuration["LISTEN"] is not { Length: > 0 } listen)
            return new Uri($"http://127.0.0.1:{(configuration["PORT"] is { Length: > 0 } port ? port : defaultPort)}/healthz");
        var binding = BindingAddress.Parse(listen);
        // Who listens everywhere is asked on loopback.
        var host = binding.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "127.0.0.1" : binding.Host;
        return new Uri($"http://{host}:{binding.Port}/healthz");
    }
}
